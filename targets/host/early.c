/*
 * Allocates before any constructor has run, ours and the C library's included: from .preinit_array,
 * when `environ` is not set yet, and from the constructor of a library.
 *
 * promise: the allocations made there are recorded, the blocks can be freed by main.
 * ldflags: -pthread
 * cflags: -D_GNU_SOURCE
 */
#include <stdio.h>

#include "ledger.h"

static void *from_preinit[32];

static void before_all(int argc, char **argv, char **env)
{
	(void)argc;
	(void)argv;
	for (; env && *env; env++)
		if (strncmp(*env, "LEDGER=", 7) == 0)
			ledger_open(*env + 7);
	for (int i = 0; i < 32; i++)
		from_preinit[i] = i % 2 ? led_malloc(100 + (size_t)i) : led_calloc(3, 50 + (size_t)i);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **,
                                                                             char **) = before_all;

int main(void)
{
	int zeroed = 1;
	for (int i = 0; i < 32; i++) {
		if (i % 2 == 0)
			for (int j = 0; j < 3 * (50 + i); j++)
				zeroed &= ((char *)from_preinit[i])[j] == 0;
		from_preinit[i] = led_realloc(from_preinit[i], 1000);
	}
	for (int i = 0; i < 32; i++)
		led_free(from_preinit[i]);
	printf("calloc before constructors is zeroed: %d\n", zeroed);
	return 0;
}
