/*
 * The next allocator in line, whoever it is: libc, jemalloc, tcmalloc, another preload.
 *
 * Filled by real_find() at the first call of any interposed function; each pointer is NULL where the
 * process has no such function.
 */
#ifndef PT_REAL_H
#define PT_REAL_H

#include "pt.h"

#include <link.h>
#include <sys/types.h>

struct real {
	void *(*malloc_)(size_t);
	void *(*calloc_)(size_t, size_t);
	void *(*realloc_)(void *, size_t);
	void *(*reallocarray_)(void *, size_t, size_t);
	void (*free_)(void *);
	int (*posix_memalign_)(void **, size_t, size_t);
	void *(*aligned_alloc_)(size_t, size_t);
	void *(*memalign_)(size_t, size_t);
	void *(*valloc_)(size_t);
	void *(*pvalloc_)(size_t);
	size_t (*malloc_usable_size_)(void *);
	void (*free_sized_)(void *, size_t);
	void (*free_aligned_sized_)(void *, size_t, size_t);
	void *(*mmap_)(void *, size_t, int, int, int, off_t);
	void *(*mmap64_)(void *, size_t, int, int, int, off_t);
	int (*munmap_)(void *, size_t);
	void *(*mremap_)(void *, size_t, size_t, int, ...);
	int (*sigprocmask_)(int, const sigset_t *, sigset_t *);
	int (*pthread_sigmask_)(int, const sigset_t *, sigset_t *);

	/* May be called by signal handlers and in forked children, where dlsym() may not. */
	pid_t (*fork_)(void);
	int (*execve_)(const char *, char *const[], char *const[]);
	int (*execvpe_)(const char *, char *const[], char *const[]);
	int (*execv_)(const char *, char *const[]);
	int (*execvp_)(const char *, char *const[]);
	int (*fexecve_)(int, char *const[], char *const[]);
	int (*close_)(int);
	int (*dlclose_)(void *);
	int (*dl_iterate_phdr_)(int (*)(struct dl_phdr_info *, size_t, void *), void *);
};

extern struct real real;

/* Looks the table up.  Not inside a hook; dlsym may call malloc, which the boot arena serves. */
void real_find(void);

/* The same for C++'s operators (interpose_new.c).  Constructor only. */
void operators_find(void);

/* Is the address in the module that malloc is in? */
bool real_is_allocator(uint64_t address);

/* C23's free_sized() and free_aligned_sized(), NULL where they are not.  While the boot arena is in force. */
void real_find_sized(struct real *r);

/* A name that may not be there, while the boot arena is in force: leaves no message.
 * real_trying: allocations are to fail. */
void *real_try_next(const char *name);
extern bool real_trying;

/* The malloc that the program's calls reach: ours, unless something before us defines one. */
void *real_first_malloc(void);

/* RTLD_NEXT look-up of a name; takes the loader's lock. */
void *real_next(const char *name);

/* The table's, even before there is a table. */
#define REAL(name) \
	(likely(real.name##_) ? real.name##_ : (__typeof__(real.name##_))real_next(#name))

#endif
