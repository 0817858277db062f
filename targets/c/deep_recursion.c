/*
 * One allocation at each of 900 depths of a recursion, complete stacks throughout; then one at 3,000, whose
 * stack is cut in the middle and counted.
 *
 * expect: site function=at_depth allocs=901 bytes=14416 live=0
 * expect: health truncated_stacks>=1 truncated_stacks<=2 lost_events=0
 */
#include <stdlib.h>
#include "target.h"

static NOINLINE void *at_depth(void)
{
	return keep(malloc(16));
}

static NOINLINE int descend(int depth, int allocate_above)
{
	void *p = depth <= allocate_above || depth == 1 ? at_depth() : NULL;
	int below = depth > 1 ? descend(depth - 1, allocate_above) : 0;

	free(p);
	return below + 1;
}

int main(void)
{
	int sum = descend(900, 900);

	sum += descend(3000, 0);
	return sum != 3900;
}
