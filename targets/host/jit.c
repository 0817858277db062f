/*
 * Code made at run time, of which no table tells how to unwind it: with a frame pointer, without
 * one, and deep in a mix with compiled code; then its memory is replaced by other code.
 *
 * promise: no crash; the stack is marked as not complete, its leaf end is right.
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>

#include "ledger.h"

typedef void *(*jit_code)(void *(*callee)(size_t), size_t argument);

/* push rbp; mov rbp, rsp; mov rax, rdi; mov rdi, rsi; call rax; pop rbp; ret */
static const unsigned char with_frame[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8,
                                           0x48, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
/* sub rsp, 0x88; mov rax, rdi; mov rdi, rsi; call rax; add rsp, 0x88; ret */
static const unsigned char without_frame[] = {0x48, 0x81, 0xec, 0x88, 0, 0, 0, 0x48,
                                              0x89, 0xf8, 0x48, 0x89, 0xf7, 0xff, 0xd0, 0x48,
                                              0x81, 0xc4, 0x88, 0,    0,    0,    0xc3};

static jit_code code[2];

__attribute__((noinline)) static void *leaf(size_t n)
{
	void *p = led_malloc(n);
	__asm__ __volatile__("");
	return p;
}

__attribute__((noinline)) static void *through(size_t n)
{
	if (n < 110)
		return leaf(n);
	void *p = code[n % 2](through, n - 1);
	__asm__ __volatile__("");
	return p;
}

int main(void)
{
	unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
	                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	size_t sum = 0;
	for (int round = 0; round < 100; round++) {
		unsigned char *first = page + (round % 2) * 4096, *second = page + 4096 - (round % 2) * 4096;
		memcpy(first, with_frame, sizeof with_frame);
		memcpy(second, without_frame, sizeof without_frame);
		code[0] = (jit_code)(void *)first;
		code[1] = (jit_code)(void *)second;
		for (size_t n = 100; n < 130; n++) {
			led_free(through(n));
			sum += n;
		}
	}
	munmap(page, 8192);
	led_free(leaf(100));
	printf("sum %zu\n", sum);
	return 0;
}
