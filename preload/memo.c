/*
 * See memo.h.  The words of all entries are in one ring, the newest in place of the oldest.
 */
#include "memo.h"
#include "chain.h"

/* Room for n words in a row; what was there is gone. */
static struct memo_word *memo_room(struct memo *m, uint32_t n)
{
	uint32_t left = MEMO_WORDS - m->end % MEMO_WORDS;
	if (left < n)
		m->end += left;
	return &m->word[m->end % MEMO_WORDS];
}

/* Words are added in pairs of one page; w is where the next one goes, first where a pair begins. */
static struct memo_word *memo_add(struct memo_word *first, struct memo_word *w, uint64_t at,
                                  uint64_t value)
{
	bool half = (w - first) & 1;
	if (half && (w[-1].at ^ at) >> 12) {
		*w = w[-1];
		w++;
	}
	*w++ = (struct memo_word){at, value};
	return w;
}

static struct memo_word *memo_add_links(struct memo_word *first, const struct chain *c)
{
	struct memo_word *w = first;
	for (uint32_t i = c->n - 1; i; i--) {
		const struct link *l = &c->link[i - 1];
		uint64_t bp_at = l->bp ? link_bp_saved_at(c, i - 1) : 0;
		w = memo_add(first, w, l->at, l->key);
		if (bp_at)
			w = memo_add(first, w, bp_at, l->bp);
	}
	if ((w - first) & 1) {
		*w = w[-1];
		w++;
	}
	return w;
}

void memo_keep(struct memo *m, struct memo_entry *e, const struct chain *c, uint64_t hash,
               uint32_t stack)
{
	const uint32_t most = 4 * c->n; /* two words a link, each twice */
	if (most > MEMO_WORDS / 2)
		return;
	struct memo_word *first = memo_room(m, most), *end = memo_add_links(first, c);
	const struct link *leaf = &c->link[c->n - 1];
	e[1] = e[0]; /* the older one goes */
	*e = (struct memo_entry){.ip = leaf->key,
	                         .sp = leaf->at + 8,
	                         .bp = leaf->bp,
	                         .first = m->end,
	                         .n = (uint32_t)(end - first),
	                         .stack = stack,
	                         .hash = hash};
	m->end += e->n;
}

void memo_forget(struct memo *m)
{
	memset(m->entry, 0, sizeof m->entry);
}
