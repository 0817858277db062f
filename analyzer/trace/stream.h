/*
 * One stream: its chunks decoded in batches of events whose times are known.  Private to trace/.
 */
#ifndef PT_TRACE_STREAM_H
#define PT_TRACE_STREAM_H

#include "trace/events.h"
#include "trace/file.h"

#define STREAM_BATCH 256u

struct stream {
	struct trace *t;
	struct stream_ref *ref;
	uint32_t number;     /* of the stream */
	uint32_t next_chunk; /* in ref */
	uint64_t first_ns;   /* when its first chunk was opened: nothing of it lies before */
	struct chunk_open
		*open; /* the chunk being decoded; NULL before the first and after the last */
	struct event *batch;
	struct event_origin *origin;
	uint32_t n, at;   /* events in the batch; the next to take */
	uint32_t n_timed; /* of them have their final time */
	uint64_t last_ns; /* of the last timed event */
};

void stream_init(struct stream *s, struct trace *t, struct stream_ref *ref);
void stream_release(struct stream *s);

/* Makes batch[at] exist.  False: the stream has ended. */
bool stream_fill(struct stream *s);

static inline bool stream_peek(struct stream *s)
{
	return s->at < s->n || stream_fill(s);
}

#endif
