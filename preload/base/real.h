/*
 * The next function in line of each that is interposed, whoever's it is: libc's, jemalloc's, another
 * preload's; and the C library's own functions that the recorder calls, past whoever has put one of the
 * same name before them (a sanitizer's runtime, a simulator, another preload).
 *
 * Filled by real_find() at the first call of any interposed function, from the symbol tables of the
 * objects that the program starts with; each pointer is NULL where the process has no such function.
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

	pid_t (*fork_)(void);
	void (*_exit_)(int);
	void (*_Exit_)(int);
	int (*execve_)(const char *, char *const[], char *const[]);
	int (*execvpe_)(const char *, char *const[], char *const[]);
	int (*execv_)(const char *, char *const[]);
	int (*execvp_)(const char *, char *const[]);
	int (*fexecve_)(int, char *const[], char *const[]);
	int (*execl_)(const char *, const char *, ...);
	int (*execlp_)(const char *, const char *, ...);
	int (*execle_)(const char *, const char *, ...);
	int (*close_)(int);
	int (*close_range_)(unsigned, unsigned, int);
	void (*closefrom_)(int);
	int (*dup2_)(int, int);
	int (*dup3_)(int, int, int);
	int (*dlclose_)(void *);
	int (*prctl_)(int, ...);
	long (*syscall_)(long, ...);
};

extern struct real real;

/* The C library's own. */
struct libc_functions {
	unsigned long (*getauxval_)(unsigned long);
	int (*dl_iterate_phdr_)(int (*)(struct dl_phdr_info *, size_t, void *), void *);
	int (*on_exit_)(void (*)(int, void *), void *);
	int (*__cxa_at_quick_exit_)(void (*)(void *), void *);
	int (*__register_atfork_)(void (*)(void), void (*)(void), void (*)(void), void *);
	int (*pthread_key_create_)(pthread_key_t *, void (*)(void *));
	int (*pthread_setspecific_)(pthread_key_t, const void *);
};

extern struct libc_functions libc;

/* Fills both tables. */
void real_find(void);

/* The next function of that name, NULL: none. */
void *real_next(const char *name);

/* Is the function of that name at `address` the C library's own? */
bool real_is_libc(const char *name, const void *address);

/* Takes functions that we export and that no object behind ours has out of our symbol table, so that the
 * program, and what it loads later, finds what it would without us.  Before the first constructor. */
void real_hide_missing(const char *const *names, size_t n);

/* The same for C++'s operators (interpose_new.c).  Constructor only. */
void operators_find(void);

/* Is the address in the module that malloc is in? */
bool real_is_allocator(uint64_t address);

/* The next malloc(), which is not called through `real` where nested_allocator.h stands between. */
const void *real_next_malloc(void);

/* The first function of that name in the order of the loader's list, ours too; NULL: none. */
void *real_first(const char *name);

/* The malloc that the program's calls reach: ours, unless something before us defines one. */
void *real_first_malloc(void);

/* The table's, even before there is a table. */
#define REAL(name) \
	(likely(real.name##_) ? real.name##_ : (__typeof__(real.name##_))real_next(#name))

#endif
