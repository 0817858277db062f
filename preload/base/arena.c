/*
 * Bump allocation, twice: mapped blocks for ourselves, a static space for the start-up of the host.
 */
#include "arena.h"
#include "lock.h"
#include "base/own_memory.h"

#define ARENA_BLOCK_BYTES (256u * 1024)

char boot_space[BOOT_BYTES] __attribute__((aligned(64)));
static size_t boot_used; /* atomic */

LOCK_DEFINE(arena_lock, LOCK_ARENA);
static char *arena_at, *arena_end; /* protected by arena_lock */

static void *arena_take_locked(size_t n)
{
	if (n > (size_t)(arena_end - arena_at)) {
		char *block = own_map(ARENA_BLOCK_BYTES);
		if (!block)
			return NULL;
		arena_at = block;
		arena_end = block + ARENA_BLOCK_BYTES;
	}
	void *p = arena_at;
	arena_at += n;
	return p;
}

static size_t arena_round(size_t n_bytes)
{
	return (n_bytes + 63) & ~(size_t)63;
}

/* Has it a mapping of its own? */
static bool arena_is_large(size_t n)
{
	return n > ARENA_BLOCK_BYTES / 4;
}

void *arena_take(size_t n_bytes)
{
	size_t n = arena_round(n_bytes);
	if (arena_is_large(n))
		return own_map(n);
	if (!lock_take(&arena_lock))
		return NULL;
	void *p = arena_take_locked(n);
	lock_release(&arena_lock);
	return p;
}

void arena_give_back(void *p, size_t n_bytes)
{
	size_t n = arena_round(n_bytes);
	if (arena_is_large(n))
		own_unmap(p, n);
}

void arena_forget(void)
{
	if (lock_forget(&arena_lock))
		arena_at = arena_end = NULL; /* another thread was taking from that block */
}

/* Each block is preceded by its size, so that realloc can copy. */
void *boot_alloc(size_t n_bytes, size_t align)
{
	if (align < 16)
		align = 16;
	if (n_bytes > BOOT_BYTES || align > 4096)
		return NULL;
	size_t need = n_bytes + align + 16;
	size_t at = __atomic_fetch_add(&boot_used, need, __ATOMIC_RELAXED);
	if (at + need > BOOT_BYTES)
		return NULL;
	uintptr_t p = ((uintptr_t)boot_space + at + 16 + align - 1) & ~(uintptr_t)(align - 1);
	((size_t *)p)[-1] = n_bytes;
	return (void *)p;
}

size_t boot_size(const void *p)
{
	return ((const size_t *)p)[-1];
}
