/* See heap_graph.h. */
#include "heap_graph.h"

#include "base/clock.h"
#include "base/raw.h"
#include "write/event_writer.h"
#include "write/timestamp.h"
#include "heap_edges.h"
#include "heap_index.h"
#include "heap_output.h"
#include "heap_roots.h"

#define LOOK_EVERY 256u

static struct {
	uint64_t until_ns; /* of the thread's CPU clock */
	uint32_t next;     /* the object whose edges are written next */
	uint32_t n_modules;
	uint32_t cut; /* enum ptf_heap_cut */
} walk;               /* protected by the GIL */
static uint32_t n_threads;

static uint64_t heap_graph_highest_resident_bytes(void)
{
	struct rusage use = {0};

	raw_call(SYS_getrusage, RUSAGE_SELF, (long)&use, 0, 0, 0, 0);
	return (uint64_t)use.ru_maxrss * 1024;
}

/* False: its time is up. */
static bool write_queue(void)
{
	for (; walk.next < heap_index_count(); walk.next++) {
		if (walk.next % LOOK_EVERY == 0 &&
		    clock_ns_of(CLOCK_THREAD_CPUTIME_ID) > walk.until_ns) {
			walk.cut |= PTF_HEAP_CUT_TIME;
			return false;
		}
		heap_put_node(heap_index_at(walk.next), walk.next < walk.n_modules);
	}
	return true;
}

static bool meet_loose(void *object)
{
	bool is_new = false;

	if (heap_meet(object, &is_new) && is_new)
		heap_put_byte(PTF_HEAP_LOOSE);
	return heap_edges_full();
}

/* The moment, as an event of this thread, too: its clock readings count from record to record. */
static uint64_t put_time(struct self *self)
{
	uint8_t payload[16];
	uint64_t now = timestamp_take(self);

	event_writer_put_record(self, PTF_E_TIME, payload,
	                        (uint32_t)(ptc_put_varint(payload, now) - payload));
	return now;
}

static void write_graph(struct self *self, enum ptf_heap_moment moment)
{
	heap_put_byte(PTF_HEAP_START);
	heap_put_number(moment);
	heap_put_number(put_time(self));
	heap_put_number(heap_graph_highest_resident_bytes());
	heap_put_modules();
	walk.n_modules = heap_index_count();
	n_threads = heap_put_frames();
	if (write_queue()) {
		heap_each_loose(meet_loose);
		write_queue();
	}

	if (heap_edges_full())
		walk.cut |= PTF_HEAP_CUT_OBJECTS;
}

uint64_t heap_graph_write(struct self *self, enum ptf_heap_moment moment, uint64_t budget_ns)
{
	uint64_t start_ns = clock_ns_of(CLOCK_THREAD_CPUTIME_ID), spent_ns;

	if (!heap_index_start())
		return 0;
	__builtin_memset(&walk, 0, sizeof walk);
	walk.until_ns = start_ns + budget_ns;
	heap_edges_start();
	heap_output_start();
	write_graph(self, moment);
	spent_ns = clock_ns_of(CLOCK_THREAD_CPUTIME_ID) - start_ns;
	heap_put_byte(PTF_HEAP_END);
	heap_put_number(walk.cut);
	heap_put_number(spent_ns / 1000);
	heap_output_end();
	return clock_ns_of(CLOCK_THREAD_CPUTIME_ID) - start_ns;
}

static bool meet_unwritten(void *object)
{
	bool is_new;

	heap_meet(object, &is_new);
	return heap_edges_full();
}

uint32_t heap_graph_threads(void)
{
	return n_threads;
}

void heap_graph_objects(void)
{
	heap_edges_start();
	if (heap_index_start())
		heap_each_loose(meet_unwritten);
}

void heap_graph_end(void)
{
	heap_types_end();
	heap_index_end();
}
