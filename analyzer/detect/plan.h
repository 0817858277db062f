/*
 * What a finding proposes, precisely enough to be replayed: the policy and its sizes, the same as in
 * the sketch.  Filled in by detectors, executed by simulate/.  The blocks it is about are those of
 * the finding's sites.
 */
#ifndef PT_DETECT_PLAN_H
#define PT_DETECT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_PARTS 16u
#define CLASSES_N 64u /* size classes of 16 bytes; what is larger goes to malloc */
#define CLASSES_HEADER_BYTES 16u

enum policy {
	POLICY_NONE,
	POLICY_SLAB,    /* slot_bytes, chunk_slots: a free list over chunks, one thread */
	POLICY_RING,    /* the same; slots freed by another thread come back in one exchange */
	POLICY_BUNDLE,  /* a slab whose slot holds n_parts blocks allocated in a row */
	POLICY_REGION,  /* chunk_bytes: bump allocation, reset when the group is empty */
	POLICY_HOIST,   /* slot_bytes: one buffer a thread, kept */
	POLICY_RESERVE, /* reserve_bytes: the first block of a chain is that large; grow_by_factor */
	POLICY_TUNABLE, /* tunables: the same calls under another setting */
	POLICY_FREE,    /* leak: a block that is live at the end is freed as soon as it is made */
	POLICY_CLASSES, /* slot_bytes: header; a free list for each 16 bytes of size, one thread */
	POLICY_BOUND,   /* growing cache: the oldest goes when there are max_blocks */
	N_POLICIES
};

struct plan {
	enum policy policy;
	uint64_t slot_bytes, chunk_slots;  /* SLAB, RING, BUNDLE, HOIST */
	uint64_t chunk_bytes, round_bytes; /* REGION; round_bytes: of the largest round */
	uint64_t reserve_bytes;            /* 0: none */
	bool by_realloc;     /* RESERVE: the chain grows by realloc(), not by copying */
	bool grow_by_factor; /* RESERVE: what must grow gets twice the room at least */
	uint64_t max_blocks;
	uint32_t n_parts;
	uint32_t part_end
		[PLAN_PARTS]; /* BUNDLE: the finding's sites below this index and not in an earlier part */
	char *tunables;  /* value of GLIBC_TUNABLES; owned */
	bool saves_heap; /* TUNABLE: measured by what the heap takes from the system, not by CPU */
	uint64_t retained_at_ns; /* not 0: also compare what the heap retains at this moment */
};

#endif
