/*
 * Writes a trace's events as an ops file (ops.h) that the replayer can run: one pass over the events,
 * 16 bytes an op on disk, in a file without a name.  Only blocks of the C allocator take part.
 */
#ifndef PT_SIMULATE_OPSTREAM_H
#define PT_SIMULATE_OPSTREAM_H

#include "detect/finding.h"
#include "model/model.h"
#include "simulate/ops.h"

struct opstream {
	int fd;
	struct ops_header *header; /* the mapped file; roles may be changed between runs */
	size_t mapped_bytes;
	bool cut; /* the trace has more events than are replayed */
	uint64_t n_left_out;
};

/* findings[i] becomes role i + 1; at most OPS_ROLES - 1.  0, or -1 after error(). */
int opstream_open(struct opstream *s, const struct model *m, struct finding *const *findings,
                  uint32_t n);
void opstream_close(struct opstream *s);

#endif
