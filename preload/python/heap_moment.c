/* See heap_moment.h. */
#include "heap_moment.h"

#include "base/clock.h"
#include "base/raw.h"
#include "census.h"
#include "frames.h"
#include "heap_graph.h"
#include "heap_output.h"
#include "python.h"

#define ALLOWANCE_NS 300000000ull
#define ALLOWANCE_SHARE 20u /* of the process's CPU: a twentieth */
#define FIRST_ESTIMATE_NS 20000000ull
#define LEAST_CENSUS_NS 50000000ull /* at exit, whatever came before has left */
#define LEAST_RISE_BYTES (1ull << 20)

static struct {
	bool is_due, is_asked;
	uint64_t last_bytes; /* resident at the last graph */
	uint64_t
		highest_after; /* the highest so far when it was written: our own memory counts, too */
	uint64_t spent_ns, last_ns, census_ns; /* the last graph and census took */
} moment; /* is_due and is_asked are atomic; the rest is protected by the GIL */

static uint64_t heap_moment_highest_resident_bytes(void)
{
	struct rusage use = {0};

	raw_call(SYS_getrusage, RUSAGE_SELF, (long)&use, 0, 0, 0, 0);
	return (uint64_t)use.ru_maxrss * 1024;
}

static uint64_t allowance_ns(void)
{
	uint64_t share = clock_ns_of(CLOCK_PROCESS_CPUTIME_ID) / ALLOWANCE_SHARE;

	return share > ALLOWANCE_NS ? share : ALLOWANCE_NS;
}

static uint64_t left_ns(void)
{
	uint64_t allowed = allowance_ns();

	return allowed > moment.spent_ns ? allowed - moment.spent_ns : 0;
}

/* While little of the allowance is used a smaller rise counts. */
static bool has_risen(uint64_t highest)
{
	uint64_t part = moment.spent_ns * 4 < ALLOWANCE_NS ? 8 : 4;

	return highest > moment.highest_after &&
	       highest >= moment.last_bytes + moment.last_bytes / part + LEAST_RISE_BYTES;
}

static int on_pending_call(void *unused)
{
	int saved_errno = errno;
	struct self *self = python.phase == PYTHON_READY ? python_quiet_begin() : NULL;
	(void)unused;

	if (self) {
		heap_moment_now(self);
		python_quiet_end(self);
	}
	__atomic_store_n(&moment.is_asked, false, __ATOMIC_RELEASE);
	errno = saved_errno;
	return 0;
}

PT_COLD void heap_moment_look(struct py_thread *t)
{
	t->look_in_bytes = HEAP_LOOK_EVERY_BYTES;
	if (python.phase != PYTHON_READY || !has_risen(heap_moment_highest_resident_bytes()))
		return;
	__atomic_store_n(&moment.is_due, true, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&moment.is_asked, true, __ATOMIC_ACQ_REL))
		return;
	if (python.api.Py_AddPendingCall(on_pending_call, NULL) != 0)
		__atomic_store_n(&moment.is_asked, false, __ATOMIC_RELEASE);
}

/* Interpreters with a GIL each share static types and immortal objects, and change them while the main one
 * looks: then nothing is looked at. */
static bool is_only_interpreter(void)
{
	return !python.has_sub_interpreters;
}

static bool is_main_interpreter(void)
{
	const void *state = frames_thread_state();

	return state && load_pointer(state, TSTATE_INTERP) == python.main_interpreter;
}

/* Beside other threads, which may run while it looks, it keeps no instance alive. */
static void take_census_at_peak(void)
{
	uint64_t left = left_ns(), estimate = moment.census_ns;

	if (left < 4 * estimate)
		return;
	moment.census_ns = census_take(left - 2 * estimate, heap_graph_threads() <= 1);
	moment.spent_ns += moment.census_ns;
}

void heap_moment_now(struct self *self)
{
	uint64_t highest = heap_moment_highest_resident_bytes(), estimate = moment.last_ns,
		 left = left_ns();
	void *type, *value, *trace;

	if (!__atomic_exchange_n(&moment.is_due, false, __ATOMIC_RELAXED) ||
	    python.phase != PYTHON_READY || !has_risen(highest) || !is_main_interpreter() ||
	    !is_only_interpreter())
		return;
	estimate += estimate / 2;
	if (left < 3 * estimate)
		return;
	python.api.PyErr_Fetch(&type, &value, &trace);
	bool collects = census_hold_gc();
	python_settle(self);
	moment.last_ns = heap_graph_write(self, PTF_HEAP_AT_PEAK, left - estimate);
	moment.spent_ns += moment.last_ns;
	take_census_at_peak();
	heap_graph_end();
	census_release_gc(collects);
	python.api.PyErr_Restore(type, value, trace);
	moment.last_bytes = highest;
	moment.highest_after = heap_moment_highest_resident_bytes();
}

void heap_moment_at_exit(struct self *self)
{
	uint64_t left = left_ns();
	bool collects = census_hold_gc();

	python_settle(self);
	if (is_main_interpreter() && is_only_interpreter())
		moment.spent_ns += heap_graph_write(self, PTF_HEAP_AT_EXIT, left / 2);
	else
		heap_graph_objects();
	left = left_ns();
	census_take(left > LEAST_CENSUS_NS ? left : LEAST_CENSUS_NS, true);
	heap_graph_end();
	census_release_gc(collects);
}

void heap_moment_start(void)
{
	moment.last_bytes = moment.highest_after = heap_moment_highest_resident_bytes();
	moment.last_ns = moment.census_ns = FIRST_ESTIMATE_NS;
}

void heap_moment_forget(void)
{
	heap_output_forget();
	__builtin_memset(&moment, 0, sizeof moment);
	heap_moment_start();
}
