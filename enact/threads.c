/* See threads.h. */
#include "enact/threads.h"

#include "base/arena.h"
#include "base/own_memory.h"
#include "base/real.h"
#include "enact/plan.h"
#include "enact/pools.h"

static struct enact_tally early_tally;
static struct thread nobody = {.busy = 1, .tally = &early_tally};   /* not joined yet */
static struct thread departed = {.busy = 1, .tally = &early_tally}; /* its end has begun */

__thread struct thread *me __attribute__((tls_model("initial-exec"))) = &nobody;

static struct thread *threads[THREADS_MAX]; /* atomic; by number */
static uint32_t n_threads;                  /* atomic; may pass THREADS_MAX */
static pthread_key_t exit_key;
static bool exit_key_made;

/* Pools that an ended thread has left; NULL: there are none. */
static struct thread *thread_adopt(void)
{
	uint32_t n = pt_min(__atomic_load_n(&n_threads, __ATOMIC_ACQUIRE), THREADS_MAX);

	for (uint32_t i = 0; i < n; i++) {
		struct thread *t = __atomic_load_n(&threads[i], __ATOMIC_ACQUIRE);
		uint32_t expected = THREAD_FREE;
		if (t && __atomic_compare_exchange_n(&t->state, &expected, THREAD_IN_USE, false,
		                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return t;
	}
	return NULL;
}

static void set_quick(struct pool *pool, const struct lane *l)
{
	bool serves = pools_serving >> l->finding & 1;
	pool->is_classes = l->policy == LANE_CLASSES;
	if (serves && l->policy == LANE_SLAB)
		pool->quick_bytes = l->slot_bytes;
	if (serves && pool->is_classes)
		pool->quick_bytes = 16 * (PLAN_CLASSES - 1);
}

static struct thread *thread_new(void)
{
	uint32_t number = __atomic_fetch_add(&n_threads, 1, __ATOMIC_ACQ_REL);
	if (number >= THREADS_MAX)
		return NULL;
	struct thread *t = arena_take(sizeof *t);
	struct pool *pools = t ? own_map(plan.n_lanes * sizeof *pools) : NULL;
	if (!pools)
		return NULL;

	t->state = THREAD_IN_USE;
	t->tally = counts_tally(number);
	t->pools = pools;
	for (uint32_t i = 1; i < plan.n_lanes; i++) {
		pools[i].owner = t;
		pools[i].lane = &plan.lane[i];
		set_quick(&pools[i], &plan.lane[i]);
	}
	__atomic_store_n(&threads[number], t, __ATOMIC_RELEASE);
	return t;
}

static void thread_ends(void *thread)
{
	struct thread *t = thread;
	me = &departed;
	__atomic_store_n(&t->state, THREAD_FREE, __ATOMIC_RELEASE);
}

bool threads_join(void)
{
	if (me != &nobody)
		return false;
	me = &departed; /* allocations from here on belong to no thread */
	struct thread *t = thread_adopt();
	if (!t)
		t = thread_new();
	if (!t)
		return false;

	if (exit_key_made)
		libc.pthread_setspecific_(exit_key, t);
	me = t;
	return true;
}

void threads_begin(void)
{
	nobody.tally = departed.tally = counts_tally(THREADS_MAX);
}

void threads_start(void)
{
	exit_key_made = libc.pthread_key_create_(&exit_key, thread_ends) == 0;
	if (exit_key_made && me != &nobody && me != &departed)
		libc.pthread_setspecific_(exit_key, me);
}

void threads_forked(void)
{
	uint32_t n = pt_min(n_threads, THREADS_MAX);

	for (uint32_t i = 0; i < n; i++)
		if (threads[i] && threads[i] != me)
			threads[i]->state = THREAD_LOST;
}
