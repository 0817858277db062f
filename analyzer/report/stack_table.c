/* See stack_table.h. */
#include "report/stack_table.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/mem.h"

struct string_entry {
	const char *text;
	uint32_t number;
	UT_hash_handle hh;
};

struct place_key {
	uint32_t function, file, line, column, module, flags;
};

struct merged_frame {
	struct place_key key;
	uint32_t number;
	UT_hash_handle hh;
};

struct merged_node {
	struct stack_node key;
	uint32_t number;
	UT_hash_handle hh;
};

bool is_import_machinery(const struct symbol *x)
{
	return x->language == LANGUAGE_PYTHON && (!strncmp(x->file, "<frozen importlib", 17) ||
	                                          !strcmp(x->file, "<frozen zipimport>"));
}

void stack_table_init(struct stack_table *t, const struct model *m, bool merge)
{
	*t = (struct stack_table){.m = m, .merge = merge};
	t->node_of = mem_zalloc(m->trace->n_nodes + 1, sizeof *t->node_of);
	t->frame_of = mem_zalloc(m->trace->n_frames + 1, sizeof *t->frame_of);
	*MEM_PUSH(t->nodes, t->n_nodes, t->nodes_room) = (struct stack_node){0, 0};
	stack_table_string(t, "");
}

#define RELEASE(head, type)                       \
	do {                                      \
		struct type *x_, *next_;          \
		HASH_ITER (hh, head, x_, next_) { \
			HASH_DEL(head, x_);       \
			free(x_);                 \
		}                                 \
	} while (0)

void stack_table_release(struct stack_table *t)
{
	RELEASE(t->by_text, string_entry);
	RELEASE(t->by_place, merged_frame);
	RELEASE(t->by_parent, merged_node);
	free(t->node_of);
	free(t->frame_of);
	free(t->nodes);
	free(t->frames);
	free(t->strings);
	free(t->merged);
}

/* ---- strings, frames ---- */

uint32_t stack_table_string(struct stack_table *t, const char *text)
{
	struct string_entry *e;
	HASH_FIND_STR(t->by_text, text, e);
	if (e)
		return e->number;
	e = mem_zalloc(1, sizeof *e);
	e->text = text;
	e->number = t->n_strings;
	*MEM_PUSH(t->strings, t->n_strings, t->strings_room) = text;
	HASH_ADD_KEYPTR(hh, t->by_text, e->text, strlen(text), e);
	return e->number;
}

static uint32_t module_of(const struct stack_table *t, const struct symbol *x)
{
	return trace_frame(t->m->trace, x->frame)->module;
}

static uint32_t flags_of(const struct symbol *x)
{
	return (x->inlined ? 1u : 0) | (x->guessed ? 2u : 0) | (x->wrapper ? 4u : 0);
}

static uint32_t frame_new(struct stack_table *t, const struct symbol *x, uint32_t function,
                          uint32_t file)
{
	*MEM_PUSH(t->frames, t->n_frames, t->frames_room) = (struct stack_frame){x, function, file};
	return t->n_frames - 1;
}

static uint32_t frame_merged(struct stack_table *t, const struct symbol *x, uint32_t function,
                             uint32_t file)
{
	struct place_key key = {function, file, x->line, x->column, module_of(t, x), flags_of(x)};
	struct merged_frame *e;
	HASH_FIND(hh, t->by_place, &key, sizeof key, e);
	if (e)
		return e->number;
	e = mem_zalloc(1, sizeof *e);
	e->key = key;
	e->number = frame_new(t, x, function, file);
	HASH_ADD(hh, t->by_place, key, sizeof e->key, e);
	return e->number;
}

static const char *reader_file_of(const struct stack_table *t, const struct symbol *x)
{
	const char *slash = t->file_names ? strrchr(x->file, '/') : NULL;
	return slash ? slash + 1 : x->file;
}

/* All source frames of a recorded frame: the place in `merged` of the first, the innermost. */
static uint32_t frames_of(struct stack_table *t, uint32_t trace_frame_id, uint32_t *n)
{
	const struct symbol *const *list = model_frame_symbols(t->m, trace_frame_id, n);
	uint32_t *at = &t->frame_of[trace_frame_id];

	if (*at)
		return *at - 1;
	uint32_t first = t->n_merged;
	for (uint32_t i = 0; i < *n; i++) {
		uint32_t function = stack_table_string(t, list[i]->function);
		uint32_t file = stack_table_string(t, reader_file_of(t, list[i]));
		uint32_t number = t->merge ? frame_merged(t, list[i], function, file)
		                           : frame_new(t, list[i], function, file);
		*MEM_PUSH(t->merged, t->n_merged, t->merged_room) = number;
	}

	*at = first + 1;
	return first;
}

uint32_t stack_table_frame(struct stack_table *t, const struct symbol *x)
{
	uint32_t n, first = frames_of(t, x->frame, &n);
	const struct symbol *const *list = model_frame_symbols(t->m, x->frame, &n);
	for (uint32_t i = 0; i < n; i++)
		if (list[i] == x)
			return t->merged[first + i];
	return t->merged[first];
}

/* ---- nodes ---- */

static uint32_t node_new(struct stack_table *t, struct stack_node node)
{
	*MEM_PUSH(t->nodes, t->n_nodes, t->nodes_room) = node;
	return t->n_nodes - 1;
}

static uint32_t node_get(struct stack_table *t, uint32_t parent, uint32_t frame)
{
	struct stack_node key = {parent, frame};
	struct merged_node *e;

	if (!t->merge)
		return node_new(t, key);
	HASH_FIND(hh, t->by_parent, &key, sizeof key, e);
	if (e)
		return e->number;
	e = mem_zalloc(1, sizeof *e);
	e->key = key;
	e->number = node_new(t, key);
	HASH_ADD(hh, t->by_parent, key, sizeof e->key, e);
	return e->number;
}

static bool is_folded(const struct stack_table *t, const struct symbol *x)
{
	return t->fold_imports && is_import_machinery(x);
}

/* The source frames of one recorded frame below a parent, outermost first. */
static uint32_t nodes_below(struct stack_table *t, uint32_t parent, uint32_t trace_frame_id)
{
	uint32_t n, first = frames_of(t, trace_frame_id, &n);
	while (n--)
		if (!is_folded(t, t->frames[t->merged[first + n]].symbol))
			parent = node_get(t, parent, t->merged[first + n]);
	return parent;
}

uint32_t stack_table_node(struct stack_table *t, uint32_t trace_node)
{
	const struct trace_node *from = t->m->trace->nodes;
	uint32_t *path = NULL, n = 0, room = 0, node = trace_node;

	for (; node && !t->node_of[node]; node = from[node].parent)
		*MEM_PUSH(path, n, room) = node;
	uint32_t at = node ? t->node_of[node] : 0;

	while (n--) {
		at = nodes_below(t, at, from[path[n]].frame);
		t->node_of[path[n]] = at;
	}
	free(path);
	return at;
}

/* Is this frame worth a line between a place and the root?  Below the name and within Python's own
 * interpreter none is. */
static bool leads_on(const struct symbol *x, bool python)
{
	return python ? x->language == LANGUAGE_PYTHON : !x->wrapper;
}

uint32_t stack_table_inverted(struct stack_table *t, uint32_t trace_node)
{
	const struct trace_node *from = t->m->trace->nodes;
	bool python = from[trace_node].python != 0;
	uint32_t at = 0;
	for (uint32_t node = trace_node; node; node = from[node].parent) {
		uint32_t n, first = frames_of(t, from[node].frame, &n);
		for (uint32_t i = 0; i < n; i++)
			if (leads_on(t->frames[t->merged[first + i]].symbol, python) &&
			    !is_folded(t, t->frames[t->merged[first + i]].symbol))
				at = node_get(t, at, t->merged[first + i]);
	}
	return at;
}

/* ---- writing ---- */

static uint64_t frame_function(const void *t, uint32_t i)
{
	return ((const struct stack_table *)t)->frames[i].function;
}

static uint64_t frame_file(const void *t, uint32_t i)
{
	return ((const struct stack_table *)t)->frames[i].file;
}

static uint64_t frame_line(const void *t, uint32_t i)
{
	return ((const struct stack_table *)t)->frames[i].symbol->line;
}

static uint64_t frame_column(const void *t, uint32_t i)
{
	return ((const struct stack_table *)t)->frames[i].symbol->column;
}

static uint64_t frame_module(const void *t, uint32_t i)
{
	return module_of(t, ((const struct stack_table *)t)->frames[i].symbol);
}

static uint64_t frame_address(const void *context, uint32_t i)
{
	const struct stack_table *t = context;
	const struct trace_frame *f = trace_frame(t->m->trace, t->frames[i].symbol->frame);
	return f->code ? 0 : f->offset;
}

static uint64_t frame_language(const void *t, uint32_t i)
{
	return ((const struct stack_table *)t)->frames[i].symbol->language;
}

static uint64_t frame_flags(const void *t, uint32_t i)
{
	return flags_of(((const struct stack_table *)t)->frames[i].symbol);
}

static uint64_t node_up(const void *t, uint32_t i)
{
	return i - ((const struct stack_table *)t)->nodes[i].parent;
}

static uint64_t node_frame(const void *t, uint32_t i)
{
	return ((const struct stack_table *)t)->nodes[i].frame;
}

static void write_languages(struct json_stream *j)
{
	json_begin(j, "languages", '[');
	for (uint8_t i = LANGUAGE_UNKNOWN; i <= LANGUAGE_PYTHON; i++)
		json_text(j, NULL, language_name(i), 0);
	json_end(j, ']');
}

static void write_frames(const struct stack_table *t, struct json_stream *j)
{
	json_begin(j, "frames", '{');
	json_count(j, "n", t->n_frames);
	json_column(j, "function", t->n_frames, frame_function, t);
	json_column(j, "file", t->n_frames, frame_file, t);
	json_column(j, "line", t->n_frames, frame_line, t);
	json_column(j, "column", t->n_frames, frame_column, t);

	json_column(j, "module", t->n_frames, frame_module, t);
	if (!t->merge)
		json_column(j, "address", t->n_frames, frame_address, t);
	json_column(j, "language", t->n_frames, frame_language, t);
	json_column(j, "flags", t->n_frames, frame_flags, t);
	json_end(j, '}');
}

void stack_table_write(const struct stack_table *t, struct json_stream *j, size_t room)
{
	json_begin(j, "strings", '[');
	for (uint32_t i = 0; i < t->n_strings; i++)
		json_text(j, NULL, t->strings[i], room);
	json_end(j, ']');
	write_languages(j);
	write_frames(t, j);

	json_begin(j, "stacks", '{');
	json_count(j, "n", t->n_nodes);
	json_column(j, "up", t->n_nodes, node_up, t);
	json_column(j, "frame", t->n_nodes, node_frame, t);
	json_end(j, '}');
}
