/* See page_owner.h.  What is mapped stays: who looks at it takes no lock. */
#include "page_owner.h"

#include "base/own_memory.h"
#include "base/raw.h"

struct page_owner_middle *page_owner_top[1u << PAGE_OWNER_TOP_LOG2];

static bool out_of_memory; /* asked for once, not at each event */

/* What is at *place, a fresh mapping if there is nothing yet; NULL: no memory. */
static void *page_owner_mapped(void **place, size_t n_bytes)
{
	void *there = __atomic_load_n(place, __ATOMIC_ACQUIRE), *none = NULL;
	if (likely(there) || out_of_memory)
		return there;
	void *fresh = own_map(n_bytes);
	out_of_memory = !fresh;
	if (!fresh || __atomic_compare_exchange_n(place, &none, fresh, false, __ATOMIC_ACQ_REL,
	                                          __ATOMIC_ACQUIRE))
		return fresh;
	own_unmap(fresh, n_bytes);
	return none; /* another thread's */
}

uint64_t *page_owner_place(uint64_t address)
{
	struct page_owner_middle *middle = page_owner_mapped(
		(void **)&page_owner_top[page_owner_top_number(address)], sizeof *middle);
	struct page_owner_leaf *leaf =
		middle ? page_owner_mapped(
				 (void **)&middle->leaf[page_owner_middle_number(address)],
				 sizeof *leaf)
		       : NULL;
	return leaf ? page_owner_in(leaf, address) : NULL;
}
