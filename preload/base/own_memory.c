/* See own_memory.h. */
#include "base/own_memory.h"
#include "base/raw.h"

/*
 * Distance below this library, which is near the other libraries, below which the kernel puts what the program
 * maps: as far away as the memory checkers allow that have address ranges of their own (ThreadSanitizer lets
 * a program use the last 1.5 TiB).
 */
#define OWN_DISTANCE (64ull << 30)
#define OWN_FILE_DISTANCE (80ull << 30)

#define OWN_PAGE 4096ull
#define OWN_ALIGN (2ull << 20) /* what one page of page tables covers */

static uint64_t next_private, next_file; /* atomic; 0: none was asked for yet */

/* Where the next n_bytes are to go, 0: wherever the kernel likes.  Whether something is there is for the
 * kernel to see: it then chooses another place. */
static uint64_t own_place(uint64_t *next, uint64_t distance, uint64_t n_bytes)
{
	uint64_t here = (uint64_t)&next_private & ~(OWN_ALIGN - 1), none = 0;
	if (here <= distance)
		return 0;
	__atomic_compare_exchange_n(next, &none, here - distance, false, __ATOMIC_RELAXED,
	                            __ATOMIC_RELAXED);
	return __atomic_fetch_add(next, n_bytes, __ATOMIC_RELAXED);
}

static uint64_t own_whole_pages(uint64_t n_bytes)
{
	return (n_bytes + OWN_PAGE - 1) & ~(OWN_PAGE - 1);
}

void *own_map(size_t n_bytes)
{
	uint64_t n = own_whole_pages(n_bytes);
	return raw_map((void *)own_place(&next_private, OWN_DISTANCE, n), n, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void *own_map_shared(size_t n_bytes)
{
	uint64_t n = own_whole_pages(n_bytes);
	return raw_map((void *)own_place(&next_file, OWN_FILE_DISTANCE, n), n,
	               PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void *own_map_file(size_t n_bytes, int fd, uint64_t offset)
{
	uint64_t n = own_whole_pages(n_bytes);
	return raw_map((void *)own_place(&next_file, OWN_FILE_DISTANCE, n), n,
	               PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
}

void own_unmap(void *p, size_t n_bytes)
{
	raw_call(SYS_munmap, (long)p, (long)own_whole_pages(n_bytes), 0, 0, 0, 0);
}
