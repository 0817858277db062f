/* See touch.h.  What is mapped stays: who looks at it takes no lock. */
#include "touch.h"

#include "raw.h"

struct touch_leaf **touch_leaves;

/* What is at *place, a fresh mapping if there is nothing yet; NULL: no memory. */
static void *touch_mapped(void **place, size_t n_bytes)
{
	void *there = __atomic_load_n(place, __ATOMIC_ACQUIRE), *none = NULL;
	if (likely(there))
		return there;
	void *fresh = raw_map_anon(n_bytes);
	if (!fresh || __atomic_compare_exchange_n(place, &none, fresh, false, __ATOMIC_ACQ_REL,
	                                          __ATOMIC_ACQUIRE))
		return fresh;
	raw_unmap(fresh, n_bytes);
	return none; /* another thread's */
}

uint64_t touch_put(uint64_t address, uint64_t mark)
{
	struct touch_leaf **leaves = touch_mapped((void **)&touch_leaves,
	                                          sizeof(*leaves) << TOUCH_TOP_LOG2);
	if (!leaves)
		return 0;
	struct touch_leaf *leaf = touch_mapped((void **)&leaves[touch_leaf_number(address)],
	                                       sizeof *leaf);
	return leaf ? __atomic_exchange_n(touch_in(leaf, address), mark, __ATOMIC_SEQ_CST) : 0;
}

void touch_clear(uint64_t address)
{
	if (!touch_is(address, 0))
		touch_put(address, 0);
}
