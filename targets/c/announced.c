/*
 * Announces a mark and two regions, one inside the other, and allocates in each.
 *
 * cflags: -Ipackaging/include
 * expect: site function=load allocs=3 bytes=300 live=0
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pooltrace.h"
#include "target.h"

static void load(void)
{
	for (int i = 0; i < 3; i++)
		free(keep(malloc(100)));
}

int main(void)
{
	POOLTRACE_MARK("ready");
	POOLTRACE_REGION_BEGIN(outer, "serve");
	POOLTRACE_REGION_BEGIN(inner, "load of a name that is far too long for the record, cut at \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
	load();
	POOLTRACE_REGION_END(inner);
	POOLTRACE_REGION_END(outer);
	errno = EDOM;
	POOLTRACE_MARK("done");
	printf("errno %s\n", errno == EDOM ? "kept" : "changed");
	return 0;
}
