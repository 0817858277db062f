/*
 * What a call of libpooltrace-enact.so costs that a pool which is inlined in the program does not make.
 *
 * Prints "site BUILD-ID OFFSET", by which a plan can name the allocation of the loop below, then
 * "call_ns NS": the least of several runs of pairs of malloc() and free(), less the same with a free list in the
 * loop itself, for one call.  With that plan in force the first kind is served from the library's free list.
 */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVED_REPEATS 15
#define SERVED_PAIRS 100000u
#define SERVED_LIVE 256u
#define SERVED_BYTES 64u

int replayer_served(void);

typedef void *allocate_fn(size_t bytes);

static void *slots[SERVED_LIVE];
static uint64_t served_caller;

static void *tell_caller(size_t bytes)
{
	(void)bytes;
	served_caller = (uint64_t)__builtin_return_address(0);
	return NULL;
}

static double served_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* FIFO; called with tell_caller once, so that the plan can name the call. */
static __attribute__((noinline)) double served_pair_ns(allocate_fn *volatile allocate,
                                                       unsigned pairs)
{
	double start = served_now_ns();
	for (unsigned i = 0; i < pairs; i++) {
		void **b = &slots[i % SERVED_LIVE];
		free(*b);
		*b = allocate(SERVED_BYTES);
		if (*b)
			*(volatile char *)*b = 1;
	}
	return (served_now_ns() - start) / pairs;
}

static double inlined_pair_ns(void)
{
	static struct inlined {
		struct inlined *next;
		char bytes[SERVED_BYTES - sizeof(void *)];
	} store[SERVED_LIVE + 1], *list;

	for (unsigned i = 0; i <= SERVED_LIVE; i++) {
		store[i].next = list;
		list = &store[i];
	}
	memset(slots, 0, sizeof slots);
	double start = served_now_ns();
	for (unsigned i = 0; i < SERVED_PAIRS; i++) {
		struct inlined **b = (struct inlined **)(void *)&slots[i % SERVED_LIVE];
		if (*b) {
			(*b)->next = list;
			list = *b;
		}
		*b = list;
		list = list->next;
		*(volatile char *)(*b)->bytes = 1;
	}
	double ns = (served_now_ns() - start) / SERVED_PAIRS;
	memset(slots, 0, sizeof slots);
	return ns;
}

/* Of this program: the callback is called for it first. */
static int print_site(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const char *note = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		const ElfW(Nhdr) *h = (const ElfW(Nhdr) *)(const void *)note;
		if (info->dlpi_phdr[i].p_type != PT_NOTE || h->n_type != NT_GNU_BUILD_ID)
			continue;

		fputs("site ", stdout);
		for (unsigned k = 0; k < h->n_descsz; k++)
			printf("%02x", (unsigned char)note[sizeof *h + 4 + k]);
		printf(" %llx\n", (unsigned long long)(served_caller - info->dlpi_addr));
		return 1;
	}
	return 1;
}

int replayer_served(void)
{
	double served = 1e9, inlined = 1e9;

	served_pair_ns(tell_caller, 1);
	dl_iterate_phdr(print_site, NULL);
	for (unsigned i = 0; i < SERVED_REPEATS; i++) {
		double a = served_pair_ns(malloc, SERVED_PAIRS);
		for (unsigned k = 0; k < SERVED_LIVE; k++) {
			free(slots[k]);
			slots[k] = NULL;
		}
		double b = inlined_pair_ns();
		served = a < served ? a : served;
		inlined = b < inlined ? b : inlined;
	}
	printf("call_ns %.4f\n", served > inlined ? (served - inlined) / 2 : 0.0);
	return 0;
}
