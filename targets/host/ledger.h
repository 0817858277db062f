/*
 * What a target did, written down where neither a crash nor the recorder can spoil it.
 *
 * When the environment names a file in LEDGER, the target maps it shared and appends one entry after
 * each allocation and before each release, in a lane of the file per thread.  So whatever is in the
 * ledger had been through the recorder's hook (the last release of a thread may just not have), and
 * tests/helpers/ledger_check can demand it from the trace.  Without LEDGER nothing is written and
 * the programs do the same things.
 *
 * Entries are reserved with one atomic add and carry a flag of their own: a signal handler may append
 * while its thread appends.  Nothing here allocates.
 */
#ifndef HOST_LEDGER_H
#define HOST_LEDGER_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ledger_file.h"

#ifndef LEDGER_LANES
#define LEDGER_LANES 64
#endif
#ifndef LEDGER_ENTRIES
#define LEDGER_ENTRIES 65536
#endif

static struct ledger_head *ledger_map;
static __thread struct ledger_lane *ledger_own;

/* Maps the file, whose size is the same for whoever comes first. */
static inline void ledger_open(const char *path)
{
	size_t lane = sizeof(struct ledger_lane) + LEDGER_ENTRIES * sizeof(struct ledger_entry);
	size_t bytes = sizeof(struct ledger_head) + LEDGER_LANES * lane;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
		_exit(99);
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		_exit(99);
	ledger_map = (struct ledger_head *)map;
	ledger_map->n_entries = LEDGER_ENTRIES;
	ledger_map->n_lanes = LEDGER_LANES;
	ledger_map->magic = LEDGER_MAGIC;
}

__attribute__((constructor(101), used)) static void ledger_init(void)
{
	const char *path = getenv("LEDGER");
	if (path && *path && !ledger_map)
		ledger_open(path);
}

/* A forked child has the thread-local pointer of its parent, so the process is asked for each time. */
static inline struct ledger_lane *ledger_lane(void)
{
	uint32_t pid = (uint32_t)syscall(SYS_getpid);
	if (ledger_own && ledger_own->pid == pid)
		return ledger_own;
	uint32_t number = __atomic_fetch_add(&ledger_map->n_used, 1, __ATOMIC_RELAXED);
	if (number >= LEDGER_LANES)
		_exit(98);
	struct ledger_lane *lane = ledger_lane_at(ledger_map, number);
	lane->tid = (uint32_t)syscall(SYS_gettid);
	__atomic_store_n(&lane->pid, pid, __ATOMIC_RELEASE);
	return ledger_own = lane;
}

static inline void ledger_add(enum ledger_op op, const volatile void *address, size_t size_bytes)
{
	if (!ledger_map)
		return;
	int saved_errno = errno;
	struct ledger_lane *lane = ledger_lane();
	uint32_t i = __atomic_fetch_add(&lane->n, 1, __ATOMIC_RELAXED);
	if (i < LEDGER_ENTRIES) {
		lane->entry[i].address = (uintptr_t)address;
		lane->entry[i].size_bytes = size_bytes;
		__atomic_store_n(&lane->entry[i].op, op, __ATOMIC_RELEASE);
	}
	errno = saved_errno;
}

/* Keeps the compiler from removing an allocation whose content nobody reads. */
static inline void *keep(void *p)
{
	__asm__ __volatile__("" : "+r"(p) : : "memory");
	return p;
}

static inline void *led_malloc(size_t n)
{
	void *p = keep(malloc(n));
	if (p)
		ledger_add(LEDGER_ALLOC, p, n);
	return p;
}

static inline void *led_calloc(size_t n, size_t size)
{
	void *p = keep(calloc(n, size));
	if (p)
		ledger_add(LEDGER_ALLOC, p, n * size);
	return p;
}

static inline void *led_aligned(size_t align, size_t n)
{
	void *p = keep(aligned_alloc(align, n));
	if (p)
		ledger_add(LEDGER_ALLOC, p, n);
	return p;
}

static inline void led_free(void *p)
{
	if (p)
		ledger_add(LEDGER_FREE, p, 0);
	free(p);
}

/* n is not 0. */
static inline void *led_realloc(void *old, size_t n)
{
	uintptr_t was = (uintptr_t)old;
	if (old)
		ledger_add(LEDGER_FREE, old, 0);
	void *p = keep(realloc(old, n));
	if (p)
		ledger_add(LEDGER_ALLOC, p, n);
	else if (was)
		ledger_add(LEDGER_UNDO, (void *)was, 0);
	return p;
}

#endif
