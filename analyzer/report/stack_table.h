/*
 * Stacks as JSON and HTML write them: a table of strings, one of source frames, and one prefix tree of
 * all stacks that were asked for.  A stack is the number of its leaf's node; a node has a frame and a
 * parent, whose number is smaller.  Node 0 stands above all roots.
 *
 * merge: frames of equal function, file and line are one frame whatever their address, and nodes with
 * equal frame and parent are one node.  Otherwise frames keep their address.
 */
#ifndef PT_REPORT_STACK_TABLE_H
#define PT_REPORT_STACK_TABLE_H

#include "model/model.h"
#include "report/json_stream.h"

struct string_entry;
struct merged_frame;
struct merged_node;

struct stack_node {
	uint32_t parent, frame;
};

struct stack_frame {
	const struct symbol *symbol;
	uint32_t function, file; /* numbers of strings */
};

struct stack_table {
	const struct model *m;
	bool merge;
	bool fold_imports; /* no nodes for frames of the import machinery */
	bool file_names;   /* files without their directories */
	uint32_t *node_of; /* by trace node: node of its innermost source frame, 0 not yet */
	uint32_t
		*frame_of; /* by trace frame: number + 1 of its innermost source frame, 0 not yet */
	struct stack_node *nodes;
	struct stack_frame *frames;
	const char **strings;
	uint32_t n_nodes, nodes_room, n_frames, frames_room, n_strings, strings_room;
	struct string_entry *by_text;
	struct merged_frame *by_place;
	struct merged_node *by_parent;
	uint32_t
		*merged; /* merge: number of the frame of each source frame, in order of frame_of */
	uint32_t n_merged, merged_room;
};

/* True for a frame of Python's import machinery. */
bool is_import_machinery(const struct symbol *x);

void stack_table_init(struct stack_table *t, const struct model *m, bool merge);
void stack_table_release(struct stack_table *t);

/* Number of a text; the text must outlive the table. */
uint32_t stack_table_string(struct stack_table *t, const char *text);
/* Node of a trace's node (0 for none), with all nodes above it. */
uint32_t stack_table_node(struct stack_table *t, uint32_t trace_node);
/* The same of the stack upside down, from the frame that it is named after to the root; merge only. */
uint32_t stack_table_inverted(struct stack_table *t, uint32_t trace_node);
/* Frame of a symbol that model_frame_symbols() returned. */
uint32_t stack_table_frame(struct stack_table *t, const struct symbol *x);

/* "strings", "frames", "stacks": what was asked for so far.  Strings are cut after `room` bytes, 0: not. */
void stack_table_write(const struct stack_table *t, struct json_stream *j, size_t room);

#endif
