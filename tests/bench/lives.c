/*
 * Blocks of random sizes and random lives: `lives EVENTS LIVE SITES`.
 *
 * EVENTS: allocations and releases together; LIVE: blocks held at the same time; SITES: distinct
 * stacks, at most 65,536.  Each step releases a random block and allocates one of 16 to 2,063 bytes
 * in its place, from a random stack.  The sizes and lives are those of a program without any order,
 * which is the worst that a reader of its trace meets.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint64_t random_next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

#define NOINLINE __attribute__((noinline, noclone))

/*
 * Each level of the call tree has four call sites, so eight of them make 65,536 stacks.  The comments in
 * the assembler text differ, which keeps the compiler from merging the calls.
 */
#define CALL(n, below)                            \
	p = below(path >> 2, bytes);              \
	__asm__ volatile("# call " #n : "+r"(p)); \
	break

#define LEVEL(name, below)                                      \
	NOINLINE static void *name(uint32_t path, size_t bytes) \
	{                                                       \
		void *p = NULL;                                 \
		switch (path & 3) {                             \
		case 0:                                         \
			CALL(0, below);                         \
		case 1:                                         \
			CALL(1, below);                         \
		case 2:                                         \
			CALL(2, below);                         \
		default:                                        \
			CALL(3, below);                         \
		}                                               \
		return p;                                       \
	}

NOINLINE static void *leaf(uint32_t path, size_t bytes)
{
	(void)path;
	void *p = malloc(bytes);
	__asm__ volatile("" : "+r"(p));
	return p;
}

LEVEL(level1, leaf)
LEVEL(level2, level1)
LEVEL(level3, level2)
LEVEL(level4, level3)
LEVEL(level5, level4)
LEVEL(level6, level5)
LEVEL(level7, level6)
LEVEL(level8, level7)

int main(int argc, char **argv)
{
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000;
	uint64_t live = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
	uint64_t sites = argc > 3 ? strtoull(argv[3], NULL, 10) : 16;
	void **block = calloc(live, sizeof *block);

	for (uint64_t done = 0; done < events;) {
		void **b = &block[random_next() % live];
		if (*b) {
			free(*b);
			done++;
		}
		*b = level8((uint32_t)(random_next() % sites), 16 + random_next() % 2048);
		done++;
	}
	printf("%llu events\n", (unsigned long long)events);
	return 0;
}
