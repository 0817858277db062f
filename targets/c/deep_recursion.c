/*
 * One allocation at each hundredth depth of a recursion of 900 and at its end, complete stacks throughout; then
 * one at 3,000, whose stack is cut in the middle and counted.
 *
 * expect: site function=at_depth allocs=11 bytes=176 live=0
 * expect: health truncated_stacks>=1 truncated_stacks<=2 lost_events=0
 */
#include <stdlib.h>
#include "target.h"

static NOINLINE void *at_depth(void)
{
	return keep(malloc(16));
}

static NOINLINE int descend(int depth, int each)
{
	void *p = depth % each == 0 || depth == 1 ? at_depth() : NULL;
	int below = depth > 1 ? descend(depth - 1, each) : 0;

	free(p);
	return below + 1;
}

int main(void)
{
	int sum = descend(900, 100);

	sum += descend(3000, 5000);
	return sum != 3900;
}
