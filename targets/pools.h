/*
 * The pools that the -DFIX forms of the targets use: the same policies, slot for slot and chunk for
 * chunk, as the sketches that the analyzer prints, so that what was predicted can be measured.
 *
 * Each macro defines a static pool NAME with NAME_get() and NAME_put() (slab, ring) or NAME_get(),
 * NAME_reset() (arena).  Chunks are kept until the process ends.
 */
#ifndef TARGETS_POOLS_H
#define TARGETS_POOLS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* One thread: a free list over chunks of SLOTS slots of SLOT bytes. */
#define SLAB(name, slot, slots)                                                                    \
	static struct name##_free { struct name##_free *next; } *name##_list;                      \
	static void name##_grow(void)                                                              \
	{                                                                                          \
		char *chunk = (char *)malloc((size_t)(slot) * (slots));                            \
		if (!chunk)                                                                        \
			abort();                                                                   \
		for (size_t i = (slots); i-- > 0;) {                                               \
			struct name##_free *f = (struct name##_free *)(void *)(chunk + i * (slot)); \
			f->next = name##_list;                                                     \
			name##_list = f;                                                           \
		}                                                                                  \
	}                                                                                          \
	static inline void *name##_get(void)                                                       \
	{                                                                                          \
		if (!name##_list)                                                                  \
			name##_grow();                                                             \
		struct name##_free *f = name##_list;                                               \
		name##_list = f->next;                                                             \
		return f;                                                                          \
	}                                                                                          \
	static inline void name##_put(void *p)                                                     \
	{                                                                                          \
		struct name##_free *f = (struct name##_free *)p;                                   \
		f->next = name##_list;                                                             \
		name##_list = f;                                                                   \
	}

/* One thread: bump allocation in chunks of BYTES, all given back at once by reset. */
#define ARENA(name, bytes)                                                                         \
	static struct name##_chunk { struct name##_chunk *next; size_t used; } *name##_first, *name##_now; \
	static void *name##_get_slow(size_t n)                                                     \
	{                                                                                          \
		struct name##_chunk *c = name##_now ? name##_now->next : name##_first;             \
		if (!c) {                                                                          \
			c = (struct name##_chunk *)malloc(bytes);                                  \
			if (!c)                                                                    \
				abort();                                                           \
			c->next = NULL;                                                            \
			*(name##_now ? &name##_now->next : &name##_first) = c;                     \
		}                                                                                  \
		c->used = sizeof *c + n;                                                           \
		name##_now = c;                                                                    \
		return c + 1;                                                                      \
	}                                                                                          \
	static inline void *name##_get(size_t n)                                                   \
	{                                                                                          \
		n = (n + 15) & ~(size_t)15;                                                        \
		struct name##_chunk *c = name##_now;                                               \
		if (!c || c->used + n > (bytes))                                                   \
			return name##_get_slow(n);                                                 \
		void *p = (char *)c + c->used;                                                     \
		c->used += n;                                                                      \
		return p;                                                                          \
	}                                                                                          \
	static inline void name##_reset(void)                                                      \
	{                                                                                          \
		name##_now = name##_first;                                                         \
		if (name##_now)                                                                    \
			name##_now->used = sizeof *name##_now;                                     \
	}

#endif
