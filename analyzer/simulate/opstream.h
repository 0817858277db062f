/*
 * Writes a trace's events as ops files (ops.h) that the replayer can run: one pass over the events,
 * 16 bytes an op on disk, in files without a name.  Only blocks of the C allocator take part.
 *
 * A trace of at most max_ops is one file, the *window* from its first op to its last.  Of a longer one
 * OPS_WINDOWS equally spaced windows are written, max_ops together: the first begins with the run, the
 * last ends with it.  Before each the heap is set up: the blocks that are live then, in order of age,
 * then some of the ops that lead there.  One window more, for memory only, holds the moment at which
 * the run's live bytes are as good as their most.  Memory is proportional to live blocks.
 */
#ifndef PT_SIMULATE_OPSTREAM_H
#define PT_SIMULATE_OPSTREAM_H

#include "detect/finding.h"
#include "model/model.h"
#include "simulate/ops.h"

#define OPS_WINDOWS 8u
#define OPS_DEFAULT_MAX (4u << 20)
#define OPS_LEAST_MAX 4096u
#define OPS_MOST_MAX (512u << 20)

struct ops_window {
	int fd;
	struct ops_header *header; /* the mapped file */
	size_t mapped_bytes;
	uint64_t first, last;       /* ops of the run that it times: from first to before last */
	uint64_t n_role[OPS_ROLES]; /* those of each role */
};

struct opstream {
	struct ops_window
		window[OPS_WINDOWS + 1]; /* the last: around the peak, if there are several */
	uint32_t n_windows;              /* that are timed */
	uint64_t n_ops;                  /* of the run */
	uint64_t n_role[OPS_ROLES];
	const char *allocator; /* that is preloaded for the replays; NULL: libc's */
	uint32_t n_failed;     /* findings whose replay failed */
};

/* findings[i] becomes role i + 1; at most OPS_ROLES - 1.  0, or -1 after error(). */
int opstream_open(struct opstream *s, const struct model *m, struct finding *const *findings,
                  uint32_t n, uint64_t max_ops);
void opstream_close(struct opstream *s);
/* The role's blocks are from now on replayed as recorded. */
void opstream_drop_role(struct opstream *s, uint32_t role);
/* Only parts of the trace are replayed. */
static inline bool opstream_is_windowed(const struct opstream *s)
{
	return s->n_windows > 1;
}

#endif
