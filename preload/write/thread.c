/*
 * See thread.h.
 *
 * A thread gives its state back from a destructor of thread-specific data, in the last of the rounds
 * that the C library makes, because other destructors still free memory in earlier ones.  What a
 * thread frees even later (the C library's own thread-local memory) takes a state again, which nobody
 * gives back: such states are marked as leaving and taken over once their thread is dead.
 */
#include "thread.h"
#include "base/arena.h"
#include "base/clock.h"
#include "definition_writer.h"
#include "trace_file.h"
#include "base/lock.h"
#include "base/own_memory.h"
#include "write/python_upcalls.h"
#include "base/real.h"
#include "event_writer.h"

#include <limits.h>
#include <sys/prctl.h>

#define THREADS_MAX 65536u

LOCK_DEFINE(threads_lock, LOCK_THREADS);

/* All protected by threads_lock. */
static struct self **threads; /* by index; states are never unmapped */
static uint32_t threads_room;
static uint32_t n_threads;
static uint32_t free_list; /* index + 1 */
static uint32_t n_leaving;
static uint32_t n_numbers; /* thread numbers given out in this trace */

static pthread_key_t exit_key;
static bool exit_key_made;

static bool threads_grow(void)
{
	enum { FIRST = 64 };
	uint32_t room = threads_room ? 2 * threads_room : FIRST;
	struct self **grown = arena_take(room * sizeof *grown);
	if (!grown)
		return false;

	memcpy(grown, threads, n_threads * sizeof *threads);
	arena_give_back(threads, threads_room * sizeof *threads);
	threads = grown;
	threads_room = room;
	return true;
}

static struct self *thread_new(void)
{
	if (n_threads == THREADS_MAX)
		return NULL;
	bool has_room = n_threads < threads_room || threads_grow();
	struct self *self = has_room ? arena_take(sizeof *self) : NULL;
	if (!self) {
		/* A thread whose first events are missing would look like one that leaks. */
		trace_file_stop(PTF_STOP_NO_MEMORY);
		return NULL;
	}

	self->stream = n_threads;
	threads[n_threads++] = self;
	self->number_in_pool = n_threads;
	self->to_whole_free = EVENT_WRITER_WHOLE_FREE_EVERY;
	return self;
}

/* A state whose thread has ended after its last destructor. */
static struct self *thread_take_dead(void)
{
	uint32_t pid = raw_pid();
	for (uint32_t i = 0; n_leaving && i < n_threads; i++) {
		struct self *self = threads[i];
		if (!self->in_use || !self->leaving || raw_thread_alive(pid, self->tid))
			continue;
		n_leaving--;
		return self;
	}
	return NULL;
}

static struct self *thread_take_locked(void)
{
	struct self *self = NULL;

	if (free_list) {
		self = threads[free_list - 1];
		free_list = self->next_free;
	} else if (n_leaving) {
		self = thread_take_dead();
	}

	if (!self)
		self = thread_new();
	if (!self)
		return NULL;
	self->in_use = 1;
	self->leaving = 0;
	self->exit_rounds = 0;
	self->busy = self->generation = SELF_STALE;
	self->n_pending = 0;
	self->number = 0;
	self->taken_over = 1;
	self->soft_end = self->pos; /* sends the first event to where that is said */
	self->stack_low = self->stack_high = 0;
	self->unwind_rules_generation = ~0u; /* remembers nothing */
	return self;
}

/* A thread whose destructors have run already: this state will not be given back by one. */
static __thread bool thread_has_left __attribute__((tls_model("initial-exec")));
static __thread uint32_t thread_left_number __attribute__((tls_model("initial-exec")));

static struct self *thread_take_signals_blocked(void)
{
	if (!lock_take(&threads_lock))
		return NULL;
	struct self *self = thread_take_locked();
	if (self) {
		self->tid = raw_tid();
		self->leaving = thread_has_left;
		self->number = thread_left_number;
		n_leaving += thread_has_left;
	}
	lock_release(&threads_lock);
	return self;
}

/* Signals wait: a handler that allocates would find the lock taken by its own thread. */
struct self *thread_take(void)
{
	uint64_t mask;
	raw_signals_block(&mask);
	struct self *self = thread_take_signals_blocked();
	if (self)
		self_tls = self;
	raw_signals_restore(&mask);
	if (self && exit_key_made && !thread_has_left)
		libc.pthread_setspecific_(exit_key, self);
	return self;
}

bool thread_is_alone(void)
{
	uint32_t n = 0;
	if (!lock_take(&threads_lock))
		return false;
	for (uint32_t i = 0; i < n_threads; i++)
		n += threads[i]->in_use;
	lock_release(&threads_lock);
	return n == 1;
}

static void thread_name(char name[17])
{
	memset(name, 0, 17);
	raw_call(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
}

void thread_announce(struct self *self)
{
	struct definition d;
	char name[17];

	if (!self->number) {
		self->number = __atomic_add_fetch(&n_numbers, 1, __ATOMIC_RELAXED);
		pt_log("new thread, number", self->number);
		thread_name(name);
		definition_start(&d);
		definition_number(&d, self->number);
		definition_number(&d, self->tid);
		definition_number(&d, clock_ticks());
		definition_text(&d, name);
		definition_writer_put(PTF_D_THREAD, &d);
	}
}

static void thread_say_end(struct self *self)
{
	struct definition d;
	char name[17];
	thread_name(name);
	definition_start(&d);
	definition_number(&d, self->number);
	definition_number(&d, clock_ticks());
	definition_text(&d, name);
	definition_writer_put(PTF_D_THREAD_END, &d);
}

static void thread_give_back(struct self *self)
{
	python_settle(self);
	if (self->number)
		thread_say_end(self);
	event_writer_write_out(self);
	thread_has_left = true;
	thread_left_number = self->number;
	self_tls = NULL;

	self->number = 0;
	if (!lock_take(&threads_lock))
		return;
	self->in_use = 0;
	self->next_free = free_list;
	free_list = self->number_in_pool;
	lock_release(&threads_lock);
}

/* Called by the C library with the thread's state, up to PTHREAD_DESTRUCTOR_ITERATIONS times. */
static void thread_exits(void *state)
{
	int saved_errno = errno;
	struct self *self = state;
	if (self == self_tls && process->generation) {
		if (++self->exit_rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
			libc.pthread_setspecific_(exit_key, self);
		else
			thread_give_back(self);
	}
	errno = saved_errno;
}

void thread_start(void)
{
	if (!exit_key_made && libc.pthread_key_create_(&exit_key, thread_exits) == 0)
		exit_key_made = true;
	if (exit_key_made && self_tls)
		libc.pthread_setspecific_(exit_key, self_tls);
}

void thread_forget(void)
{
	if (lock_forget(&threads_lock)) {
		threads = NULL; /* another thread was changing it */
		threads_room = n_threads = 0;
	}

	free_list = 0;
	n_leaving = 0;
	n_numbers = 0;
	for (uint32_t i = 0; i < n_threads; i++) {
		struct self *self = threads[i];
		event_writer_forget(self);
		self->in_use = 0;
		self->next_free = free_list;
		free_list = i + 1;
	}

	thread_left_number = 0;
	self_tls = NULL;
}

void thread_write_out_all(void)
{
	if (!trace_file_step() || !lock_take(&threads_lock))
		return;
	for (uint32_t i = 0; i < n_threads; i++)
		event_writer_write_out(threads[i]);
	lock_release(&threads_lock);
}

void thread_close_all(void)
{
	if (!lock_take(&threads_lock))
		return;
	for (uint32_t i = 0; i < n_threads; i++) {
		if (threads[i]->in_use && threads[i] != self_tls)
			continue;
		python_settle(threads[i]);
		event_writer_close(threads[i]);
	}
	lock_release(&threads_lock);
}

struct self *thread_untracked_begin(void)
{
	struct self *self = self_tls ? self_tls : thread_take();
	if (!self)
		return NULL;
	self->busy = SELF_UNTRACKED;
	return self;
}

void thread_untracked_end(struct self *self)
{
	if (self)
		self_set_idle(self);
}
