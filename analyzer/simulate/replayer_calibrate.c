/*
 * What a malloc/free pair costs here, by the path that it takes through the allocator, and what a
 * pool's get/put costs: the table from which candidates are estimated before they are replayed.
 * Prints "name ns" lines, each the least of several short loops: what else the machine does can only
 * add, and a price that is too high makes advice out of nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define REPEATS 9
#define PAIRS 100000u
#define LIVE 1000u

int replayer_calibrate(void);

static void *blocks[LIVE];
static volatile char sink;

static double replayer_calibrate_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One block of `bytes` replaced at a time among n_live of them: FIFO. */
static double pair_ns(size_t bytes, unsigned n_live)
{
	memset(blocks, 0, sizeof blocks);
	double start = replayer_calibrate_now_ns();
	for (unsigned i = 0; i < PAIRS; i++) {
		void **b = &blocks[i % n_live];
		free(*b);
		*b = malloc(bytes);
		*(volatile char *)*b = 1;
	}

	double ns = (replayer_calibrate_now_ns() - start) / PAIRS;
	for (unsigned i = 0; i < n_live; i++)
		free(blocks[i]);
	return ns;
}

static double pool_ns(void)
{
	static struct slot {
		struct slot *next;
	} slots[LIVE], *list;

	for (unsigned i = 0; i < LIVE; i++) {
		slots[i].next = list;
		list = &slots[i];
	}

	double start = replayer_calibrate_now_ns();
	for (unsigned i = 0; i < PAIRS; i++) {
		struct slot *s = list;
		list = s->next;
		__asm__ volatile("" : "+r"(s) : : "memory");
		s->next = list;
		list = s;
	}

	return (replayer_calibrate_now_ns() - start) / PAIRS;
}

static double text_page_ns(void)
{
	const size_t bytes = 16 << 20;
	double start = replayer_calibrate_now_ns();
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 0;
	for (size_t at = 0; at < bytes; at += 4096)
		p[at] = 1;
	munmap(p, bytes);
	return (replayer_calibrate_now_ns() - start) / (double)(bytes / 4096);
}

static double copy_byte_ns(void)
{
	static char from[1 << 16], to[1 << 16];
	double start = replayer_calibrate_now_ns();
	for (unsigned i = 0; i < 200; i++) {
		memcpy(to, from, sizeof to);
		sink = to[i];
	}
	return (replayer_calibrate_now_ns() - start) / (200.0 * sizeof to);
}

static void *free_batch(void *unused)
{
	(void)unused;
	double start = replayer_calibrate_now_ns();
	for (unsigned i = 0; i < LIVE; i++)
		free(blocks[i]);
	blocks[0] = NULL;
	double *spent = malloc(sizeof *spent);
	if (spent)
		*spent = (replayer_calibrate_now_ns() - start) / LIVE;
	return spent;
}

static double remote_ns(void)
{
	double sum = 0;
	for (unsigned round = 0; round < 20; round++) {
		pthread_t t;
		void *spent = NULL;
		double start = replayer_calibrate_now_ns();
		for (unsigned i = 0; i < LIVE; i++)
			blocks[i] = malloc(128);
		sum += (replayer_calibrate_now_ns() - start) / LIVE;
		if (pthread_create(&t, NULL, free_batch, NULL))
			return 0;
		pthread_join(t, &spent);
		if (spent)
			sum += *(double *)spent;
		free(spent);
	}

	return sum / 20;
}

static double replayer_calibrate_least(const double values[REPEATS])
{
	double ns = values[0];
	for (unsigned i = 1; i < REPEATS; i++)
		ns = values[i] < ns ? values[i] : ns;
	return ns;
}

static void print_least(const char *name, const double values[REPEATS], double less)
{
	double ns = replayer_calibrate_least(values) - less;
	printf("%s %.4f\n", name, ns > 0 ? ns : 0);
}

int replayer_calibrate(void)
{
	double v[8][REPEATS];

	for (unsigned i = 0; i < REPEATS; i++) {
		v[0][i] = pool_ns();
		v[1][i] = pair_ns(64, 1);
		v[2][i] = pair_ns(64, LIVE);
		v[3][i] = pair_ns(256, LIVE);
		v[4][i] = pair_ns(4000, LIVE);
		v[5][i] = remote_ns();
		v[6][i] = text_page_ns();
		v[7][i] = copy_byte_ns();
	}

	double pool = replayer_calibrate_least(v[0]);
	print_least("tcache_ns", v[1], pool);
	print_least("fastbin_ns", v[2], pool);
	print_least("small_bin_ns", v[3], pool);
	print_least("large_ns", v[4], pool);
	print_least("remote_ns", v[5], pool);
	print_least("page_ns", v[6], 0);
	print_least("copy_byte_ns", v[7], 0);
	return 0;
}
