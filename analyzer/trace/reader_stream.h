/*
 * One stream: its chunks decoded in batches of events whose times are known.  Private to trace/.
 */
#ifndef READER_STREAM_H
#define READER_STREAM_H

#include "events.h"
#include "reader_file.h"

#define READER_STREAM_BATCH 256u

struct stream {
	struct trace *t;
	struct reader_stream_ref *ref;
	uint32_t number;     /* of the stream */
	uint32_t next_chunk; /* in ref */
	uint64_t first_ns;   /* when its first chunk was opened: nothing of it lies before */
	struct chunk_open
		*open; /* the chunk being decoded; NULL before the first and after the last */
	struct event *batch;
	bool has_origins;
	struct event_origin *origin; /* of the batch; NULL: nobody asked */
	uint32_t n, at;              /* events in the batch; the next to take */
	uint32_t n_timed;            /* of them have their final time */
	uint64_t last_ns;            /* of the last timed event */
};

void reader_stream_init(struct stream *s, struct trace *t, struct reader_stream_ref *ref);
void reader_stream_release(struct stream *s);

/* Makes batch[at] exist.  False: the stream has ended. */
bool reader_stream_fill(struct stream *s);

static inline bool reader_stream_peek(struct stream *s)
{
	return s->at < s->n || reader_stream_fill(s);
}

#endif
