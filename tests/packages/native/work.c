/* A small program that announces what it does and allocates 100 blocks of 64 bytes in a region. */
#include <pooltrace.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	POOLTRACE_MARK("ready");
	POOLTRACE_REGION_BEGIN(fill, "fill");
	for (int i = 0; i < 100; i++) {
		void *volatile p = malloc(64);
		free(p);
	}
	POOLTRACE_REGION_END(fill);
	printf("recording %d\n", pooltrace_recording());
	return 0;
}
