/*
 * Changes to a stack of its own with two instructions and no unwind information that could say so,
 * at the very edge of mapped memory; calls malloc there, aligned and with garbage in rbp.
 *
 * promise: no crash, no read beyond the mapping; the stack is marked as not complete.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>

#include "ledger.h"

enum { STACK_BYTES = 65536 };

static void *made[3];

__attribute__((noinline, used)) static void on_the_other_stack(void)
{
	made[0] = led_malloc(111);
	made[1] = led_realloc(led_malloc(222), 3000);
	led_free(made[0]);
	made[2] = led_calloc(3, 333);
}

void switch_and_call(void *top);
__asm__(".text\n"
        ".globl switch_and_call\n"
        ".type switch_and_call, @function\n"
        "switch_and_call:\n"
        "	push %rbp\n"
        "	push %rbx\n"
        "	mov %rsp, %rbx\n"
        "	mov %rdi, %rsp\n"
        "	mov $0x5151515151515151, %rbp\n"
        "	call on_the_other_stack\n"
        "	mov %rbx, %rsp\n"
        "	pop %rbx\n"
        "	pop %rbp\n"
        "	ret\n"
        ".size switch_and_call, . - switch_and_call\n");

int main(void)
{
	char *stack = mmap(NULL, STACK_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	mprotect(stack + STACK_BYTES, 4096, PROT_NONE);
	for (int i = 0; i < 200; i++) {
		switch_and_call(stack + STACK_BYTES);
		led_free(made[1]);
		led_free(made[2]);
	}
	printf("200 calls on another stack\n");
	return 0;
}
