/*
 * One opened trace file: what it says about the process, the names that its DEFS chunks define, and
 * the index of its chunks.  Owns the mapping of the file; everything returned points into this struct
 * and lives until trace_free().
 *
 * The file is somebody else's bytes: each number taken from it is checked here, once, so that the
 * layers above can index with ids they get from events (an id out of range reads as 0, "unknown").
 * Damage never stops reading: a bad chunk is counted, told by its offset, and skipped.
 *
 * Single-threaded, like the whole analyzer.
 */
#ifndef PT_TRACE_TRACE_H
#define PT_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/trace_format.h"

/* One frame as recorded.  Native: module and offset from its base; Python: code and line. */
struct trace_frame {
	uint64_t offset; /* native: from the module's base, or the bare address when module is 0 */
	uint32_t module; /* native: module id, 0 unknown */
	uint32_t code;   /* Python: code id; 0 for native frames */
	uint32_t line;   /* Python: line number */
	bool exact; /* offset is the very pc, not a return address (look up offset, not offset - 1) */
};

/*
 * Stacks are kept as a tree that grows from the roots: a node is one frame in the context of all its
 * callers, so nodes double as ids for "everything under this call path".  Node 0 is above all roots.
 * The Python frames of a stack alone are such a path, too: stacks that were recorded with the native
 * frames between and stacks without meet there.
 */
struct trace_node {
	uint32_t parent;
	uint32_t frame; /* frame id */
	uint32_t depth; /* frames from the root; 1 for a root */
	uint32_t
		python; /* the path's Python frames alone: a node, perhaps this one; 0: it has none */
};

struct trace_stack {
	uint32_t node;  /* the leaf; 0 for an unknown stack */
	uint32_t flags; /* PTF_STACK_* */
};

struct trace_module {
	const char *path;
	const uint8_t *build_id;
	uint32_t n_build_id;
	uint64_t base, start, end;
	uint64_t loaded_ns, gone_ns; /* gone_ns: UINT64_MAX when it stayed */
};

struct trace_thread {
	uint32_t tid;
	const char *name;          /* the last one it had; "" unknown */
	uint64_t start_ns, end_ns; /* end_ns: UINT64_MAX when it outlived the trace */
};

struct trace_code {
	const char *file, *name, *qualified_name; /* qualified_name: "" when the version has none */
	uint32_t first_line;
	uint32_t n_arguments; /* by position; UINT32_MAX: not recorded */
};

struct trace_class {
	const char *name, *module;
	uint32_t base;  /* class id, 0 none */
	uint32_t flags; /* PTF_CLASS_* */
	uint64_t basic_size_bytes, item_size_bytes;
};

struct trace_bound {
	uint32_t class_id;
	const char *function;
	uint64_t n_made;
};

struct trace_child {
	uint32_t pid;
	uint64_t at_ns;
};

/* What the command cost: from `pooltrace record`. */
struct trace_cost {
	uint64_t cpu_ns, wall_ns, peak_rss_bytes;
	uint32_t wait_status;
};

struct trace_process {
	const char *exe, *cwd, *host;
	const char **argv;
	uint32_t argc;
	uint32_t pid, ppid;
	uint64_t start_real_ns;   /* CLOCK_REALTIME */
	uint64_t parent_start_ns; /* start_real_ns of the parent's trace, 0 none known */
	uint64_t
		duration_ns; /* from the first moment to the end of the process, or the last event */
	uint32_t end;        /* enum ptf_end */
	uint32_t exit_code;
	uint32_t stop_reason; /* enum ptf_stop */
	uint64_t stop_ns;     /* when recording stopped early; 0 it did not */
	uint32_t exec_count;
	uint32_t python; /* 0xMMmmpp, 0 none */
	uint32_t unwinder;
	uint32_t write_step; /* bytes of each thread's events that a kill may have taken; 0 none */
	const char *python_version, *python_warning; /* "" none */
	uint32_t python_flags;
	const char *labels;    /* POOLTRACE_LABELS: "service=a,version=b", "" none */
	const char *allocator; /* path of the module whose malloc was in force, "" unknown */
	uint64_t bootstrap_bytes;
	uint64_t failed_allocs;
	uint32_t n_untraced; /* forked children, and programs executed, that could make no trace */
	uint32_t untraced_error; /* errno of the last */
	bool has_run, has_baseline;
	struct trace_cost run, baseline;
};

/* What is missing from the file or wrong with it. */
struct trace_health {
	uint64_t lost[PTF_LOST_KINDS];
	uint64_t lost_events;      /* their sum */
	uint64_t truncated_stacks; /* as the recorder counted them */
	uint64_t damaged_chunks;
	uint64_t first_damage_offset; /* valid when damaged_chunks > 0 */
	const char *first_damage;     /* what was wrong there */
	uint64_t unread_bytes; /* of damaged chunks, and a piece of chunk at the end of the file */
	uint64_t open_chunks;  /* still being written when the process ended */
};

/* A heap graph, not decoded: the row of items of enum ptf_heap_item. */
struct trace_heap {
	uint32_t number;
	uint32_t n_pieces; /* so far; of a graph that misses one what follows is left out */
	uint8_t *bytes;
	uint64_t n_bytes, room;
};

struct trace {
	const char *path;
	uint64_t file_bytes;
	uint64_t until_ns, until_event; /* the events after that moment, or number, are not read */
	uint64_t from_ns, from_event;   /* what was allocated before both is not counted */
	uint16_t version_major, version_minor;
	struct trace_process process;
	struct trace_health health;

	/* Tables by id; entry 0 stands for unknown, counts include it. */
	struct trace_frame *frames;
	struct trace_node *nodes;
	struct trace_stack *stacks;
	struct trace_module *modules;
	struct trace_thread *threads;
	const char **strings;
	struct trace_code *codes;
	struct trace_class *classes;
	uint32_t n_frames, n_nodes, n_stacks, n_modules, n_threads, n_strings, n_codes, n_classes;

	struct trace_bound *bounds;
	struct trace_child *children;
	const char **notes;
	char *census;             /* one JSON text, the last that is complete, NULL none */
	char *earlier_census;     /* the one before it */
	struct trace_heap *heaps; /* in the order in which they were written */
	uint32_t n_bounds, n_children, n_notes, n_heaps;

	struct trace_file *file; /* mapping, chunk index, clock: trace/ only */
};

/* Opens and reads all names.  -1: no part of it can be read, and error() has said why, with file and
 * offset.  A damaged trace opens; look at health. */
int trace_open(const char *path, struct trace **out);
void trace_free(struct trace *t);

/* Ends the trace at a moment and before an event, whichever comes first; UINT64_MAX: no limit.  Before the
 * first event is read.  What was recorded at the process's end (its census, its exit) stays. */
void trace_end_at(struct trace *t, uint64_t until_ns, uint64_t until_event);

/* What was allocated before a moment, and before an event, is followed but not counted, nor are its frees.
 * Before the first event is read. */
void trace_begin_at(struct trace *t, uint64_t from_ns, uint64_t from_event);

/* Adds a line to the notes that reports print. */
void trace_add_note(struct trace *t, const char *note);
/* Path, health, and the process without its texts but exe: all that remains after the rest is freed. */
struct trace *trace_outline(const struct trace *t);
bool trace_is_damaged(const struct trace *t);

/* Time since the process's start of a moment that a record gives in units of the trace. */
uint64_t trace_units_ns(const struct trace *t, uint64_t units);

/* Total lookups: an id out of range answers as 0. */
const struct trace_frame *trace_frame(const struct trace *t, uint32_t id);
/* The name of an EVENT_MARK, cut to MARK_NAME_BYTES and terminated; "" where it cannot be read. */
#define MARK_NAME_BYTES 64u
struct event;
void trace_mark_name(const struct trace *t, const struct event *e, char name[MARK_NAME_BYTES + 1]);

const struct trace_stack *trace_stack(const struct trace *t, uint32_t id);
const struct trace_class *trace_class(const struct trace *t, uint32_t id);
const struct trace_module *trace_module(const struct trace *t, uint32_t id);
const struct trace_code *trace_code(const struct trace *t, uint32_t id);
const struct trace_thread *trace_thread(const struct trace *t, uint32_t id);

#endif
