/*
 * The plan as the library uses it: lanes, and a tree that leads from return addresses to lanes.
 *
 * Built once, before the first allocation is looked at; read without locks from then on.
 */
#ifndef ENACT_PLAN_H
#define ENACT_PLAN_H

#include "base/pt.h"
#include "enact/plan_format.h"

enum lane_policy {
	LANE_NONE,
	LANE_SLAB,    /* a free list of slots */
	LANE_CLASSES, /* a slab for each 16 bytes of size, in the PLAN_CLASSES lanes that follow */
	LANE_REGION,  /* bump allocation, reset when nothing of it is live */
	LANE_HOIST,   /* one buffer */
};

/* What is served the same way: blocks of one pool a thread. */
struct lane {
	uint8_t policy;       /* enum lane_policy */
	uint8_t finding;      /* index */
	uint32_t slot_bytes;  /* SLAB, HOIST: a multiple of 16 */
	uint32_t chunk_bytes; /* of a pool's mapping: a multiple of SPAN_GRANULE */
	uint64_t room_bytes;  /* REGION: most that a thread's region takes */
};

struct plan_module {
	uint8_t build_id[PLAN_BUILD_ID_MAX];
	uint32_t n_build_id;
	const char *name; /* of the file, without its directory */
	uint32_t n_name;
};

struct plan_frame {
	uint64_t offset;
	uint16_t module; /* number; 0: free */
	uint32_t first;  /* node of the sites that begin with it, 0 none */
	uint32_t rule;   /* code of the unwind rule (unwind_rules.h), set when its module is met */
};

/* A row of frames from the caller of malloc() on. */
struct plan_node {
	uint16_t lane; /* 0: more frames decide */
	bool goes_on;  /* there are nodes with more frames */
};

struct plan {
	uint32_t n_modules, n_findings, n_lanes, n_frames, n_nodes; /* each counts entry 0 */
	uint32_t n_classes;    /* of Python, with slots to be given */
	uint32_t n_lane_lines; /* likewise */
	uint16_t lane_of_line[PLAN_LANE_LINES_MAX + 1];
	struct plan_module *module;
	struct lane *lane;
	struct plan_frame *frame;
	struct plan_node *node;
	uint64_t *edge;        /* node << 32 | frame << 16 | node below; hashed */
	uint16_t *frame_index; /* of plan.frame, hashed by module and offset */
};

extern struct plan plan;

/* By frame: lane of the site that this one frame tells from all others, 0 none. */
extern uint16_t plan_direct[PLAN_FRAMES_MAX];

#define PLAN_EDGES (4 * 65536u)
#define PLAN_FRAME_INDEX (4 * PLAN_FRAMES_MAX)

/* Reads n bytes of text that stay mapped.  0, or the number of the line that is wrong; the plan is empty then. */
uint32_t plan_read(const char *text, size_t n);

/* Number of the frame at an offset of a module, 0 none. */
uint32_t plan_frame_find(uint32_t module, uint64_t offset);

/* The node below this one that a frame leads to, 0 none. */
PT_INLINE uint32_t plan_below(uint32_t node, uint32_t frame)
{
	uint64_t key = (uint64_t)node << 32 | frame << 16;
	for (uint32_t i = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 46);; i++) {
		uint64_t e = plan.edge[i % PLAN_EDGES];
		if (!((e ^ key) >> 16))
			return (uint16_t)e;
		if (!e)
			return 0;
	}
}

#endif
