/*
 * Jobs of one size in a small ring, and texts of 1 to 3,000 bytes replaced at random: a pool for the jobs, and for
 * the rest another allocator.  With an argument texts only.
 *
 * expect: finding kind=slab function=job_new
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS 64
#define TEXTS 4096

struct job {
	long field[9];
};

static __attribute__((noinline)) struct job *job_new(long i)
{
	struct job *j = malloc(sizeof *j);
	j->field[0] = i;
	return j;
}

static __attribute__((noinline)) char *text_new(size_t n)
{
	char *t = malloc(n);
	memset(t, 1, n < 16 ? n : 16);
	return t;
}

int main(int argc, char **argv)
{
	static struct job *jobs[JOBS];
	static char *texts[TEXTS];
	unsigned seed = 7;
	long sum = 0;

	(void)argv;
	for (int i = 0; i < 150000; i++) {
		seed = seed * 1664525u + 1013904223u;
		if (argc == 1) {
			struct job **j = &jobs[(seed >> 8) % JOBS];
			sum += *j ? (*j)->field[0] : 0;
			free(*j);
			*j = job_new(i);
		}

		char **t = &texts[(seed >> 12) % TEXTS];
		free(*t);
		*t = text_new(1 + (seed >> 7) % 3000);
	}

	printf("%ld\n", sum);
	return 0;
}
