/*
 * The file that the analyzer hands to the replayer: a program's allocator calls with the blocks as
 * dense slot numbers, and the policies to try on some of them.
 *
 *     struct ops_header | struct ops_role x OPS_ROLES | struct op x n_ops
 *
 * Ops are in the merged order of the trace.  A block's role says which finding it belongs to (0:
 * none); all ops of one block carry the same role.  A file that begins in the middle of a run begins
 * with n_setup ops that bring the heap into the state of that moment; they are neither timed nor
 * counted.  The header carries the limits under which the replayer puts itself.  Shared by the analyzer and the replayer, which is a program of its own, so <stdint.h> only.
 */
#ifndef PT_SIMULATE_OPS_H
#define PT_SIMULATE_OPS_H

#include <stdint.h>

#define OPS_MAGIC 0x53504f5450ull
#define OPS_ROLES 32u /* role 0 is "no finding" */
#define OPS_PARTS 16u /* parts of a bundle */

/* Blocks from this size on are mappings of their own (glibc's M_MMAP_THRESHOLD): the program need not
 * have touched their pages. */
#define OPS_MAPPED_BYTES (128u << 10)
#define OPS_ENDS_BYTES 8192u /* what a block's first and last page come to */

enum op_code {
	OP_MALLOC, /* aux: part of a bundle */
	OP_CALLOC,
	OP_ALIGNED, /* aux: log2 of the alignment */
	OP_FREE,    /* size: of the block */
	OP_REALLOC, /* slot: new, aux: old, size: new */
	OP_GROW,   /* a container's step by copying: slot: new, aux: old; the free of old follows */
	OP_LEAKED, /* malloc of a block that is never freed */
	OP_MARK,   /* note what the heap holds now */
	OP_WAIT,   /* replayer only: slot: thread, aux: its op to wait for */
};

struct op {
	uint32_t slot;
	uint32_t size; /* bytes; larger ones are cut to 4 GiB */
	uint32_t aux;
	uint8_t code; /* enum op_code */
	uint8_t role;
	uint16_t thread; /* dense, from 0 */
};
_Static_assert(sizeof(struct op) == 16, "16 bytes an op");

struct ops_role {
	uint32_t policy; /* enum policy of detect/plan.h */
	uint32_t n_parts;
	uint32_t grow_by_factor; /* 0 or 1 */
	uint64_t slot_bytes, chunk_slots, chunk_bytes, reserve_bytes, max_blocks;
	uint32_t part_offset[OPS_PARTS];
};

struct ops_header {
	uint64_t magic;
	uint64_t n_ops;
	uint32_t n_slots, n_threads;
	uint32_t n_roles;
	uint32_t reserved;
	uint64_t n_setup;
	uint64_t address_bytes; /* RLIMIT_AS of the replayer */
	uint64_t cpu_seconds;   /* its RLIMIT_CPU */
	uint64_t touch_below;   /* every page is written of blocks smaller than this many bytes */
	double touch_share;     /* of larger blocks: this share of their pages, 0 to 1 */
	struct ops_role roles[OPS_ROLES];
};

/* What a run prints, as text "name value" lines, in this order. */
#define OPS_RESULTS(X)                                                                \
	X(calls)          /* into the allocator, since the setup */                   \
	X(cpu_ns)         /* of the ops, without waiting for other threads */         \
	X(requested_peak) /* bytes asked for and not given back; with --count only */ \
	X(heap_peak)      /* bytes that the heap took from the system at most */      \
	X(heap_retained)  /* resident at OP_MARK, after malloc_trim(0) */             \
	X(page_faults)    /* since the setup */

struct ops_result {
#define X(name) uint64_t name;
	OPS_RESULTS(X)
#undef X
};

#endif
