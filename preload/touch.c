/* See touch.h.  What is mapped stays: who looks at it takes no lock. */
#include "touch.h"

#include "raw.h"

struct touch_leaf **touch_leaves;

static bool out_of_memory; /* asked for once, not at each event */

/* What is at *place, a fresh mapping if there is nothing yet; NULL: no memory. */
static void *touch_mapped(void **place, size_t n_bytes)
{
	void *there = __atomic_load_n(place, __ATOMIC_ACQUIRE), *none = NULL;
	if (likely(there) || out_of_memory)
		return there;
	void *fresh = raw_map_anon(n_bytes);
	out_of_memory = !fresh;
	if (!fresh || __atomic_compare_exchange_n(place, &none, fresh, false, __ATOMIC_ACQ_REL,
	                                          __ATOMIC_ACQUIRE))
		return fresh;
	raw_unmap(fresh, n_bytes);
	return none; /* another thread's */
}

uint64_t *touch_place(uint64_t address)
{
	struct touch_leaf **leaves = touch_mapped((void **)&touch_leaves,
	                                          sizeof(*leaves) << TOUCH_TOP_LOG2);
	struct touch_leaf *leaf =
		leaves ? touch_mapped((void **)&leaves[touch_leaf_number(address)], sizeof *leaf)
		       : NULL;
	return leaf ? touch_in(leaf, address) : NULL;
}
