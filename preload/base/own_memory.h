/*
 * Memory mappings of our own, far from the program's.
 *
 * The kernel puts a new mapping right below the last one, so a mapping of the recorder would lie at the edge of a
 * block of the program: a stray write that kills the program without us would hit the recorder's memory and be
 * survived.  So ours are asked for in a range where the program has nothing, one behind the other.  Those of
 * one kind touch each other, and the kernel joins them: they count as one against vm.max_map_count.
 *
 * Pages take no memory before they are used, but address space is never reserved in advance: RLIMIT_AS
 * counts it, and mlockall() makes it resident.
 */
#ifndef PT_OWN_MEMORY_H
#define PT_OWN_MEMORY_H

#include "base/pt.h"

/* Private, zeroed, page-aligned; NULL: no memory.  Any thread, signal handlers too. */
void *own_map(size_t n_bytes);

/* The same, and forked children see it as it is. */
void *own_map_shared(size_t n_bytes);

/* n_bytes of the file from `offset` on, shared; NULL: it cannot be mapped. */
void *own_map_file(size_t n_bytes, int fd, uint64_t offset);

/* Whole pages of what any of them gave. */
void own_unmap(void *p, size_t n_bytes);

#endif
