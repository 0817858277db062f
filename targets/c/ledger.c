/*
 * Allocates and frees for ever, in as many threads as asked, and keeps the count of what each has finished in
 * the file given, mapped shared: who kills it can compare.
 *
 * run: no, it does not end
 * ldflags: -pthread
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "target.h"

struct ledger {
	uint64_t n_allocs, n_frees; /* finished calls */
	uint64_t rest[6];
};

static NOINLINE void *ledger_alloc(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return keep(malloc(8 + (*seed >> 16) % 120));
}

static void *worker(void *arg)
{
	struct ledger *l = arg;
	unsigned seed = (unsigned)((uintptr_t)l >> 6);
	void *held[64] = {0};

	for (uint64_t i = 0;; i++) {
		if (held[i % 64]) {
			free(held[i % 64]);
			__atomic_store_n(&l->n_frees, l->n_frees + 1, __ATOMIC_RELEASE);
		}
		held[i % 64] = ledger_alloc(&seed);
		__atomic_store_n(&l->n_allocs, l->n_allocs + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int n_threads = argc > 2 ? atoi(argv[2]) : 1;
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
	pthread_t t;

	if (fd < 0 || ftruncate(fd, 4096) != 0)
		return 1;
	struct ledger *l = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (l == MAP_FAILED)
		return 1;
	for (int i = 1; i < n_threads; i++)
		pthread_create(&t, NULL, worker, l + i);
	worker(l);
	return 0;
}
