/*
 * A reader thread allocates jobs, a worker thread frees them; a bounded ring of 256 lies between.
 *
 * ldflags: -pthread
 * expect: finding kind=return-ring function~job_new
 * expect: only
 * expect.fix: no-finding kind=return-ring
 * fix: yes
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define RING 256
#define JOBS 300000

struct job { struct job *next; unsigned id, words[27]; };

static struct job *ring[RING];
static atomic_uint head, tail;
static unsigned long total;

#ifdef FIX
static struct job *job_list;                 /* the reader's own */
static _Atomic(struct job *) job_returned;   /* pushed by the worker, taken whole by the reader */

static void *job_get(void)
{
	if (!job_list)
		job_list = atomic_exchange(&job_returned, NULL);
	if (!job_list) {
		struct job *chunk = malloc(sizeof(struct job) * 512);
		for (int i = 512; i-- > 0;) {
			chunk[i].next = job_list;
			job_list = &chunk[i];
		}
	}
	struct job *j = job_list;
	job_list = j->next;
	return j;
}

static void job_put(struct job *j)
{
	j->next = atomic_load(&job_returned);
	while (!atomic_compare_exchange_weak(&job_returned, &j->next, j))
		;
}
#else
static void *job_get(void) { return malloc(sizeof(struct job)); }
static void job_put(struct job *j) { free(j); }
#endif

static __attribute__((noinline)) struct job *job_new(unsigned id)
{
	struct job *j = job_get();
	j->id = id;
	j->words[0] = id * 3;
	return j;
}

static void *worker(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < JOBS; i++) {
		while (atomic_load(&head) == i)
			sched_yield();
		struct job *j = ring[i % RING];
		total += j->words[0] - j->id;
		job_put(j);
		atomic_store(&tail, i + 1);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, worker, NULL);
	for (unsigned i = 0; i < JOBS; i++) {
		while (i - atomic_load(&tail) == RING)
			sched_yield();
		ring[i % RING] = job_new(i);
		atomic_store(&head, i + 1);
	}
	pthread_join(thread, NULL);
	printf("%lu\n", total);
	return 0;
}
