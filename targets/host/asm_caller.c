/*
 * Assembly written by hand calls malloc: with no unwind information at all, with the frame-pointer
 * convention, and with directives that tell a lie.
 *
 * promise: no crash; stacks that cannot be completed are marked, the events are there.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>

#include "ledger.h"

void *bare_caller(size_t n);
void *frame_caller(size_t n);
void *lying_caller(size_t n);
__asm__(".text\n"
        ".type bare_caller, @function\n"
        "bare_caller:\n"
        "	sub $40, %rsp\n"
        "	call malloc@PLT\n"
        "	add $40, %rsp\n"
        "	ret\n"
        ".size bare_caller, . - bare_caller\n"
        ".type frame_caller, @function\n"
        "frame_caller:\n"
        "	push %rbp\n"
        "	mov %rsp, %rbp\n"
        "	call malloc@PLT\n"
        "	pop %rbp\n"
        "	ret\n"
        ".size frame_caller, . - frame_caller\n"
        ".type lying_caller, @function\n"
        "lying_caller:\n"
        "	.cfi_startproc\n"
        "	sub $72, %rsp\n"
        "	.cfi_def_cfa_offset 100000000\n"
        "	call malloc@PLT\n"
        "	add $72, %rsp\n"
        "	ret\n"
        "	.cfi_endproc\n"
        ".size lying_caller, . - lying_caller\n");

static void *noted(void *p, size_t n)
{
	ledger_add(LEDGER_ALLOC, p, n);
	return p;
}

int main(void)
{
	for (size_t n = 1; n < 300; n++) {
		void *a = noted(bare_caller(n), n);
		void *b = noted(frame_caller(n), n);
		void *c = noted(lying_caller(n), n);
		led_free(b);
		led_free(c);
		led_free(a);
	}
	printf("assembly has called\n");
	return 0;
}
