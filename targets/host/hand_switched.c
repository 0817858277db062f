/*
 * Changes to a stack of its own with two instructions and no unwind information that could say so, at
 * the very edge of mapped memory, with garbage in rbp; calls malloc there, from a function that was
 * called and from one that was jumped to and would return to code whose frame, by its own account,
 * lies beyond the edge.  In the first thread and in another one, below whose stack such stacks are.
 *
 * promise: no crash, no read beyond the edge; the stack is marked as not complete.
 *
 * cflags: -D_GNU_SOURCE
 * ldflags: -pthread
 */
#include <pthread.h>
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

void come_back(void);
__attribute__((noinline, used)) static void jumped_to(void)
{
	on_the_other_stack();
	come_back();
	__builtin_unreachable();
}

void switch_and_call(void *top);
void switch_and_jump(void *top);
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
        ".size switch_and_call, . - switch_and_call\n"
        ".globl switch_and_jump\n"
        ".type switch_and_jump, @function\n"
        "switch_and_jump:\n"
        "	push %rbp\n"
        "	push %rbx\n"
        "	push %r12\n"
        "	push %r13\n"
        "	push %r14\n"
        "	push %r15\n"
        "	mov %rsp, saved_stack(%rip)\n"
        "	lea -8(%rdi), %rsp\n"
        "	lea 1f(%rip), %rax\n"
        "	mov %rax, (%rsp)\n"
        "	jmp jumped_to\n"
        "	.cfi_startproc\n"
        "	.cfi_def_cfa_offset 64\n"
        "	nop\n"
        "1:	hlt\n"
        "	.cfi_endproc\n"
        ".size switch_and_jump, . - switch_and_jump\n"
        ".globl come_back\n"
        ".type come_back, @function\n"
        "come_back:\n"
        "	mov saved_stack(%rip), %rsp\n"
        "	pop %r15\n"
        "	pop %r14\n"
        "	pop %r13\n"
        "	pop %r12\n"
        "	pop %rbx\n"
        "	pop %rbp\n"
        "	ret\n"
        ".size come_back, . - come_back\n"
        ".local saved_stack\n"
        ".comm saved_stack, 8, 8\n");

static void *use_stacks(void *arg)
{
	char *stack = mmap(NULL, STACK_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	mprotect(stack + STACK_BYTES, 4096, PROT_NONE);
	for (int i = 0; i < 100; i++) {
		switch_and_call(stack + STACK_BYTES);
		led_free(made[1]);
		led_free(made[2]);
		switch_and_jump(stack + STACK_BYTES);
		led_free(made[1]);
		led_free(made[2]);
	}
	munmap(stack, STACK_BYTES + 4096);
	return arg;
}

int main(void)
{
	pthread_t thread;
	use_stacks(NULL);
	pthread_create(&thread, NULL, use_stacks, NULL);
	pthread_join(thread, NULL);
	printf("400 calls on other stacks\n");
	return 0;
}
