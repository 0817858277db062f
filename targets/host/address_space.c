/*
 * Uses its address space to the full, in one of several ways:
 *
 * usage: address_space as         how many MiB can be had below RLIMIT_AS of 64 MiB?  (to 2 MiB)
 *        address_space lock       locks all memory, present and future, as a user whose limit is 16 MiB
 *        address_space beyond     writes behind a large block, up to 4 MiB away: dies
 *        address_space order      are the program's own mappings one below the other?
 *
 * promise: each does what it does without us.
 * cflags: -D_GNU_SOURCE -O1 -fno-builtin
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static int use_up(void)
{
	struct rlimit most = {64 << 20, 64 << 20};
	int n = 0;
	setrlimit(RLIMIT_AS, &most);
	while (malloc(1 << 20))
		n++;
	printf("%s\n", n > 56 ? "most of it" : "too little");
	return 0;
}

static int lock_all(void)
{
	struct rlimit most = {16 << 20, 16 << 20};
	setrlimit(RLIMIT_MEMLOCK, &most);
	if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
		return 77;
	int failed = mlockall(MCL_CURRENT | MCL_FUTURE);
	char *volatile block = malloc(1 << 20);
	printf("locked: %s, a block: %s\n", failed ? "no" : "yes", block ? "yes" : "no");
	return 0;
}

static int write_beyond(void)
{
	char *volatile block = malloc(1 << 20);
	/* Above it are libraries, whose code cannot be written. */
	for (size_t away = 65536; away <= 4 << 20; away += 65536)
		block[(1 << 20) + away] ^= 1;
	puts("survived");
	return 0;
}

static int order(void)
{
	char *volatile last = NULL;
	int adjacent = 0;
	for (int i = 0; i < 100; i++) {
		char *p = mmap(NULL, 65536, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		adjacent += last && p + 65536 == last;
		last = p;
		free(malloc(300000));
	}
	printf("%d of 99 right below the one before\n", adjacent);
	return 0;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	setvbuf(stdout, NULL, _IONBF, 0);
	return strcmp(way, "as") == 0     ? use_up()
	       : strcmp(way, "lock") == 0 ? lock_all()
	       : strcmp(way, "beyond") == 0 ? write_beyond()
	                                    : order();
}
