/*
 * Threads and their pools.
 *
 * A thread that ends leaves its pools, with what is free in them, to the next thread that begins.  A signal
 * handler finds `busy` set when it has interrupted a pool's work, and then leaves all pools alone.
 */
#ifndef ENACT_THREADS_H
#define ENACT_THREADS_H

#include "enact/counts.h"

#define THREADS_MAX 1024u

struct pool;

enum thread_state {
	THREAD_FREE, /* its thread has ended */
	THREAD_IN_USE,
	THREAD_LOST, /* of the parent process: its thread may have been in the middle of anything */
};

struct thread {
	volatile uint32_t busy;
	uint32_t state; /* atomic */
	struct enact_tally *tally;
	struct pool *pools; /* by lane */
};

/* The calling thread's; before its first allocation and after its end one that is always busy. */
extern __thread struct thread *me __attribute__((tls_model("initial-exec")));

/* Gives the calling thread its pools; false: it has none now. */
bool threads_join(void);

/* Before the first allocation. */
void threads_begin(void);

/* Watches for the ends of threads; from the library's constructor on. */
void threads_start(void);

/* In a forked child. */
void threads_forked(void);

#endif
