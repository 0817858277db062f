/*
 * First include of every file of the preload.
 *
 * The code here lives in somebody else's process.  It never exits, aborts, prints, allocates from the
 * host's heap, changes errno, takes a lock that the loader may hold, or waits without bound.  So the
 * few system headers we need come first, and then the names we must not call are poisoned: a slip is
 * a compile error.  Files that define an interposed function say PT_INTERPOSES before the include.
 */
#ifndef PT_PT_H
#define PT_PT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* What our headers declare is our own: it is reached without the global offset table (-fvisibility=hidden
 * says that of definitions only). */
#pragma GCC visibility push(hidden)

#include "base/libc_free.h"

#define PT_EXPORT __attribute__((visibility("default")))
/* The same for functions that code with a misaligned stack may call: the C library's do not mind. */
#define PT_EXPORT_ANY_STACK __attribute__((visibility("default"), force_align_arg_pointer))
#define PT_HOT __attribute__((hot))
#define PT_COLD __attribute__((cold, noinline))
#define PT_INLINE static inline __attribute__((always_inline))
/* Variables that each event needs: neighbours in memory, where the program leaves us little of the cache. */
#define PT_EACH_EVENT __attribute__((section(".pt_each_event")))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define pt_min(a, b) ((a) < (b) ? (a) : (b))

/* The compiler must not move memory accesses across: what a signal handler of this thread sees. */
#define pt_signal_fence() __asm__ __volatile__("" ::: "memory")

#ifndef PT_INTERPOSES
#pragma GCC poison malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign
#pragma GCC poison valloc pvalloc mmap64 munmap mremap strdup strndup asprintf vasprintf
#pragma GCC poison printf fprintf vfprintf snprintf sprintf vsnprintf fopen fclose fwrite puts
#pragma GCC poison abort system popen pthread_mutex_lock syscall perror strerror
#pragma GCC poison dlopen dlsym dlerror dlclose dl_iterate_phdr getauxval on_exit at_quick_exit \
	atexit
#pragma GCC poison clock_gettime pthread_atfork pthread_key_create pthread_setspecific prctl
#endif

#endif
