/* Fuzz target: a trace file of any bytes through the reader alone: names, and events in their order. */
#include "trace_file.h"

#include "trace/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct trace *t;
	struct event e;
	uint64_t seq = 0, time_ns = 0;
	if (trace_open(trace_file(data, n), &t) < 0)
		return 0;
	struct events *events = events_new(t, NULL, NULL);
	while (events_next(events, &e)) {
		if (e.seq != seq++ || e.time_ns < time_ns)
			abort();
		time_ns = e.time_ns;
	}
	events_free(events);
	trace_free(t);
	return 0;
}
