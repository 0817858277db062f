/* See live_order.h. */
#include "model/live_order.h"

#include <stdlib.h>

#include "util/mem.h"

#define TEXT_PAGE_LOG2 9u
#define TEXT_PAGE_WORDS ((1u << TEXT_PAGE_LOG2) / 64)
#define TEXT_PAGE_NUMBERS (1u << (32 - TEXT_PAGE_LOG2)) /* page numbers wrap as positions do */

struct text_page {
	uint64_t word[TEXT_PAGE_WORDS];
	struct text_page *older, *younger; /* the neighbours that have a bit set */
	uint32_t number;
	uint32_t n_live;
};

/* As long as all live positions lie within 64 there is one word and no page. */
struct live_order {
	uint32_t oldest, youngest; /* positions; only when n_live > 0 */
	uint32_t n_live;
	uint32_t base;           /* position of the word's lowest bit; without pages */
	uint64_t word;           /* the same */
	struct text_page **page; /* by page number, modulo the room; NULL: one word is enough */
	uint32_t room; /* a power of two, more than the pages from the oldest to the youngest */
	struct text_page *first, *last;
	struct text_page *spare; /* emptied last, used again first */
};

static uint32_t lowest_bit(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

static uint32_t highest_bit(uint64_t word)
{
	return 63 - (uint32_t)__builtin_clzll(word);
}

/* ---- one word ---- */

/* Moves the word so that it begins with the oldest live position; false: `at` still lies outside. */
static bool word_reaches(struct live_order *o, uint32_t at)
{
	if (!o->n_live) {
		o->base = at;
		o->word = 0;
	} else if (at - o->base >= 64) {
		o->word >>= o->oldest - o->base;
		o->base = o->oldest;
	}
	return at - o->base < 64;
}

static void word_remove(struct live_order *o, uint32_t at)
{
	o->word &= ~(1ull << (at - o->base));
	if (!o->word)
		return;
	o->oldest = o->base + lowest_bit(o->word);
	o->youngest = o->base + highest_bit(o->word);
}

/* ---- pages ---- */

static struct text_page **text_page_at(const struct live_order *o, uint32_t number)
{
	return &o->page[number & (o->room - 1)];
}

/* The directory has room for the pages from the oldest live one to `number`. */
static void text_page_reach(struct live_order *o, uint32_t number)
{
	uint32_t span = o->first ? (number - o->first->number) % TEXT_PAGE_NUMBERS + 1 : 1;
	uint32_t room = o->room ? o->room : 4;

	while (room < span)
		room *= 2;
	if (room == o->room)
		return;
	free(o->page);
	o->page = mem_zalloc(room, sizeof(*o->page));
	o->room = room;
	for (struct text_page *p = o->first; p; p = p->younger)
		*text_page_at(o, p->number) = p;
}

static struct text_page *text_page_new(struct live_order *o, uint32_t number)
{
	struct text_page *p = o->spare;

	text_page_reach(o, number);
	o->spare = NULL;
	if (!p)
		p = mem_zalloc(1, sizeof *p);
	*p = (struct text_page){.older = o->last, .number = number};
	if (o->last)
		o->last->younger = p;
	else
		o->first = p;
	o->last = p;
	*text_page_at(o, number) = p;
	return p;
}

static void text_page_set(struct live_order *o, uint32_t at)
{
	uint32_t number = at >> TEXT_PAGE_LOG2;
	struct text_page *p = o->last && o->last->number == number ? o->last
	                                                           : text_page_new(o, number);
	p->word[at / 64 % TEXT_PAGE_WORDS] |= 1ull << (at & 63);
	p->n_live++;
}

static void text_page_drop(struct live_order *o, struct text_page *p)
{
	*text_page_at(o, p->number) = NULL;
	if (p->older)
		p->older->younger = p->younger;
	else
		o->first = p->younger;
	if (p->younger)
		p->younger->older = p->older;
	else
		o->last = p->older;
	free(o->spare);
	o->spare = p;
}

static uint32_t text_page_oldest(const struct text_page *p)
{
	uint32_t i = 0;
	while (!p->word[i])
		i++;
	return (p->number << TEXT_PAGE_LOG2) + i * 64 + lowest_bit(p->word[i]);
}

static uint32_t text_page_youngest(const struct text_page *p)
{
	uint32_t i = TEXT_PAGE_WORDS - 1;
	while (!p->word[i])
		i--;
	return (p->number << TEXT_PAGE_LOG2) + i * 64 + highest_bit(p->word[i]);
}

static void text_page_remove(struct live_order *o, uint32_t at, bool youngest, bool oldest)
{
	struct text_page *p = *text_page_at(o, at >> TEXT_PAGE_LOG2);
	p->word[at / 64 % TEXT_PAGE_WORDS] &= ~(1ull << (at & 63));
	if (!--p->n_live)
		text_page_drop(o, p);
	if (youngest && o->last)
		o->youngest = text_page_youngest(o->last);
	if (oldest && o->first)
		o->oldest = text_page_oldest(o->first);
}

static void pages_begin(struct live_order *o)
{
	for (uint64_t w = o->word; w; w &= w - 1)
		text_page_set(o, o->base + lowest_bit(w));
}

/* ---- both ---- */

void live_order_add(struct live_order **made, uint32_t at)
{
	struct live_order *o = *made;

	if (!o)
		o = *made = mem_zalloc(1, sizeof *o);
	if (!o->page && word_reaches(o, at)) {
		o->word |= 1ull << (at - o->base);
	} else {
		if (!o->page)
			pages_begin(o);
		text_page_set(o, at);
	}
	if (!o->n_live++)
		o->oldest = at;
	o->youngest = at;
}

void live_order_remove(struct live_order *o, uint32_t at, bool *youngest, bool *oldest)
{
	*youngest = at == o->youngest;
	*oldest = at == o->oldest;
	o->n_live--;
	if (o->page)
		text_page_remove(o, at, *youngest, *oldest);
	else
		word_remove(o, at);
}

void live_order_prefetch(const struct live_order *o, uint32_t at)
{
	if (o && o->page) {
		const struct text_page *p = *text_page_at(o, at >> TEXT_PAGE_LOG2);
		__builtin_prefetch(p ? &p->word[at / 64 % TEXT_PAGE_WORDS] : NULL, 1);
	}
}

void live_order_free(struct live_order *o)
{
	if (!o)
		return;
	while (o->first) {
		struct text_page *p = o->first;
		o->first = p->younger;
		free(p);
	}
	free(o->spare);
	free(o->page);
	free(o);
}
