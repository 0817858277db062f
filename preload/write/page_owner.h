/*
 * Which thread was the last to allocate or release in each page.
 *
 * Threads that record at the same time mostly work in pages of their own (arenas, per-thread caches),
 * so that only events in pages that change hands need an order.  A mark is a period (a state
 * in which there is no sole recorder, see timestamp.h) and a thread; two pages that had one mark together would
 * cost stamps, not the order.
 *
 * Memory: 64 KiB for each 32 MiB of heap in use, once threads have recorded at the same time.  A page
 * that none can be mapped for has no mark.
 * Cost: three loads, two of them of a few lines that are always the same.
 */
#ifndef PT_PAGE_OWNER_H
#define PT_PAGE_OWNER_H

#include "self.h"

#define PAGE_OWNER_PAGE_LOG2 12u
#define PAGE_OWNER_LEAF_LOG2 13u /* pages */
#define PAGE_OWNER_MIDDLE_LOG2 11u
#define PAGE_OWNER_TOP_LOG2 11u /* 47 bits of address in all */

struct page_owner_leaf {
	uint64_t mark[1u << PAGE_OWNER_LEAF_LOG2]; /* atomic; 0: none */
};

/* Filled with atomic stores; NULL: none yet. */
struct page_owner_middle {
	struct page_owner_leaf *leaf[1u << PAGE_OWNER_MIDDLE_LOG2];
};

extern struct page_owner_middle *page_owner_top[1u << PAGE_OWNER_TOP_LOG2];

PT_INLINE uint64_t page_owner_mark(const struct self *self, uint64_t period)
{
	return period | self->number_in_pool;
}

PT_INLINE uint32_t page_owner_top_number(uint64_t address)
{
	return address >> (PAGE_OWNER_PAGE_LOG2 + PAGE_OWNER_LEAF_LOG2 + PAGE_OWNER_MIDDLE_LOG2) &
	       ((1u << PAGE_OWNER_TOP_LOG2) - 1);
}

PT_INLINE uint32_t page_owner_middle_number(uint64_t address)
{
	return address >> (PAGE_OWNER_PAGE_LOG2 + PAGE_OWNER_LEAF_LOG2) &
	       ((1u << PAGE_OWNER_MIDDLE_LOG2) - 1);
}

PT_INLINE uint64_t *page_owner_in(struct page_owner_leaf *leaf, uint64_t address)
{
	return &leaf->mark[address >> PAGE_OWNER_PAGE_LOG2 & ((1u << PAGE_OWNER_LEAF_LOG2) - 1)];
}

/* Where the mark on the page of this address is (atomic), NULL: there is no place for one yet. */
PT_INLINE uint64_t *page_owner_look(uint64_t address)
{
	struct page_owner_middle *middle =
		__atomic_load_n(&page_owner_top[page_owner_top_number(address)], __ATOMIC_RELAXED);
	struct page_owner_leaf *leaf =
		middle ? __atomic_load_n(&middle->leaf[page_owner_middle_number(address)],
	                                 __ATOMIC_RELAXED)
		       : NULL;
	return leaf ? page_owner_in(leaf, address) : NULL;
}

PT_INLINE bool page_owner_is(const uint64_t *place, uint64_t mark)
{
	return place && __atomic_load_n(place, __ATOMIC_RELAXED) == mark;
}

/* The same place, made if need be; NULL: no memory. */
uint64_t *page_owner_place(uint64_t address);

/* Puts a mark there, for all to see before this returns; what was there. */
PT_INLINE uint64_t page_owner_put(uint64_t *place, uint64_t mark)
{
	return __atomic_exchange_n(place, mark, __ATOMIC_SEQ_CST);
}

/* Takes away what mark there is.  Signal handlers may call it. */
PT_INLINE void page_owner_clear(uint64_t address)
{
	uint64_t *place = page_owner_look(address);
	if (place)
		page_owner_put(place, 0);
}

#endif
