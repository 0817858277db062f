/*
 * Memory of our own, straight from the kernel: never the host's heap.
 *
 * arena_take() hands out zeroed memory (tables, thread states: bounded by distinct stacks and live
 * threads); only large pieces can be given back.  The boot arena serves malloc calls that come before
 * the real malloc is known (from dlsym) and those that the loader makes on our behalf; free()
 * recognises its addresses and ignores them.
 */
#ifndef PT_ARENA_H
#define PT_ARENA_H

#include "pt.h"

/* Zeroed, 64-byte aligned, or NULL.  Any thread. */
void *arena_take(size_t n_bytes);

/* Nobody looks at these n_bytes from arena_take() any more; what is not large stays taken. */
void arena_give_back(void *p, size_t n_bytes);

/* In a forked child. */
void arena_forget(void);

/* Like malloc, aligned to `align` (a power of two, at least 16), or NULL.  Any thread. */
void *boot_alloc(size_t n_bytes, size_t align);

/* Bytes usable at p, an address of the boot arena. */
size_t boot_size(const void *p);

extern char boot_space[];
#define BOOT_BYTES (512u * 1024)

PT_INLINE bool boot_owns(const void *p)
{
	return unlikely((uintptr_t)p - (uintptr_t)boot_space < BOOT_BYTES);
}

#endif
