/*
 * See stack_cache.h.  The words of all entries are in one ring, the newest in place of the oldest.
 */
#include "stack_cache.h"
#include "incremental_unwind.h"

/* Room for n words in a row; what was there is gone. */
static struct stack_cache_word *stack_cache_room(struct stack_cache *m, uint32_t n)
{
	uint32_t left = STACK_CACHE_WORDS - m->end % STACK_CACHE_WORDS;
	if (left < n)
		m->end += left;
	return &m->word[m->end % STACK_CACHE_WORDS];
}

/* Words are added in pairs of one page; w is where the next one goes, first where a pair begins. */
static struct stack_cache_word *stack_cache_add(struct stack_cache_word *first,
                                                struct stack_cache_word *w, uint64_t at,
                                                uint64_t value)
{
	bool half = (w - first) & 1;
	if (half && (w[-1].at ^ at) >> 12) {
		*w = w[-1];
		w++;
	}
	*w++ = (struct stack_cache_word){at, value};
	return w;
}

static struct stack_cache_word *stack_cache_add_links(struct stack_cache_word *first,
                                                      const struct last_walk *c)
{
	struct stack_cache_word *w = first;

	for (uint32_t i = c->n - 1; i; i--) {
		const struct link *l = &c->link[i - 1];
		uint64_t bp_at = l->bp ? link_bp_saved_at(c, i - 1) : 0;
		w = stack_cache_add(first, w, l->at, l->key);
		if (bp_at)
			w = stack_cache_add(first, w, bp_at, l->bp);
	}

	if ((w - first) & 1) {
		*w = w[-1];
		w++;
	}

	return w;
}

void stack_cache_keep(struct stack_cache *m, struct stack_cache_entry *e, const struct last_walk *c,
                      uint64_t hash, uint32_t stack)
{
	const uint32_t most = 4 * c->n; /* two words a link, each twice */

	if (most > STACK_CACHE_WORDS / 2)
		return;
	struct stack_cache_word *first = stack_cache_room(m, most),
				*end = stack_cache_add_links(first, c);
	const struct link *leaf = &c->link[c->n - 1];
	e[1] = e[0]; /* the older one goes */
	*e = (struct stack_cache_entry){.ip = leaf->key,
	                                .sp = leaf->at + 8,
	                                .bp = leaf->bp,
	                                .first = m->end,
	                                .n = (uint32_t)(end - first),
	                                .stack = stack,
	                                .hash = hash};
	m->end += e->n;
}

void stack_cache_forget(struct stack_cache *m)
{
	memset(m->entry, 0, sizeof m->entry);
}
