/* See raw.h. */
#include "raw.h"

PT_EACH_EVENT bool raw_under_valgrind;

/*
 * Valgrind's request RUNNING_ON_VALGRIND: rotations by 128 bits in all, and an exchange of a register with itself, are
 * nothing to a processor.
 */
void raw_find_valgrind(void)
{
	const uint64_t request[6] = {0x1001};
	uint64_t answer = 0;

	__asm__ __volatile__("rolq $3, %%rdi\n\t"
	                     "rolq $13, %%rdi\n\t"
	                     "rolq $61, %%rdi\n\t"
	                     "rolq $51, %%rdi\n\t"
	                     "xchgq %%rbx, %%rbx"
	                     : "+d"(answer)
	                     : "a"(request)
	                     : "cc", "memory", "rdi");
	raw_under_valgrind = answer != 0;
}
