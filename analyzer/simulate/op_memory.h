/*
 * How much memory a replay needs, from the blocks that live at the same time, and which limit holds.
 *
 * A trace of a few kilobytes can name terabytes, and a program may reserve what it never touches.  The replay
 * touches no more than the program's peak RSS, as `record` measured it, allows: small blocks whole, and of each
 * mapping an equal share of the remaining budget.  Where the peak is not known, mappings come to
 * REPLAY_UNKNOWN_RSS_BYTES together.  The limit of what is touched is REPLAY_BASE_BYTES and REPLAY_BYTES_PER_TRACE_BYTE for
 * each byte of the trace, and half of the machine's memory.
 */
#ifndef PT_SIMULATE_OP_MEMORY_H
#define PT_SIMULATE_OP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/ops.h"
#include "trace/trace.h"

#define REPLAY_BASE_BYTES (512ull << 20)
#define REPLAY_BYTES_PER_TRACE_BYTE 64u
#define REPLAY_UNKNOWN_RSS_BYTES (128ull << 20)

/* How much of the blocks a replay writes to. */
enum touch {
	TOUCH_ENDS,  /* the first and last page of each */
	TOUCH_SMALL, /* all pages of blocks that are no mappings of their own */
	TOUCH_ALL,   /* all pages, but for what calloc returns as a mapping */
	TOUCHES
};

/* What one block takes, in bytes: written to that much, and of addresses. */
struct op_bytes {
	uint64_t written[TOUCHES];
	uint64_t addresses;
};

struct op_memory {
	struct op_bytes live, peak;
};

/* What the block of an op takes.  has_role: a policy may serve it, which clears what calloc makes. */
struct op_bytes op_bytes(enum op_code code, uint64_t size_bytes, bool has_role);

void op_memory_add(struct op_memory *x, const struct op_bytes *b);
void op_memory_remove(struct op_memory *x, const struct op_bytes *b);

/* Sets the limits in the header of a file with n_ops ops.  -1 after error(): the blocks need more. */
int op_memory_limits(const struct op_memory *x, const struct trace *t, struct ops_header *h);

#endif
