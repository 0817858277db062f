/*
 * Names: from DEFS chunks to the tables of struct trace.
 *
 * A reader of one record type is one function here; they are all called through read_record().  Ids
 * are counted from the chunk's header, so a lost chunk leaves holes that read as unknown.  Texts are
 * stored as ids first and resolved when all chunks have been read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader_file.h"
#include "util/error.h"

#define BYTES_PER_DEFINITION 4u /* at least, on average: type, length, and two bytes */
#define PATH_ROOM (2 * PTF_MAX_FRAMES)

/* A Python code object or class whose texts are still string ids. */
struct code_ids {
	uint32_t file, name, qualified;
};
struct class_ids {
	uint32_t name, module;
};

struct piece {
	uint32_t number;
	uint32_t n_bytes;
	const uint8_t *bytes;
};

/* State of the pass over all DEFS chunks. */
struct loader {
	struct trace *t;
	uint32_t max_id; /* no id can be higher in a file of this size */
	uint32_t frames_room, nodes_room, stacks_room, modules_room, threads_room, strings_room;
	uint32_t codes_room, classes_room, bounds_room, children_room, notes_room, heaps_room;
	uint32_t code_ids_room, class_ids_room, bound_names_room;
	struct code_ids *code_ids;
	struct class_ids *class_ids;
	uint32_t *bound_names;
	struct piece *pieces;
	uint32_t n_pieces, pieces_room, pieces_wanted;
	uint32_t *node_slot; /* (parent, frame) -> node, open addressing, a power of two */
	uint32_t node_slots;
	/* of the chunk being read: */
	uint32_t next_frame, next_stack, next_string, next_code, next_class;
	uint32_t path[PATH_ROOM]; /* nodes of the last stack, root first */
	uint32_t n_path;
};

/* Makes array[id] exist, new entries zero.  False: the id cannot be. */
static bool reach(struct loader *l, void *array_p, uint32_t id, uint32_t *n, uint32_t *room,
                  size_t bytes)
{
	void **array = array_p;

	if (id > l->max_id)
		return false;
	if (id >= *room) {
		uint32_t more = *room ? *room : 64;
		while (more <= id)
			more *= 2;
		*array = mem_realloc(*array, more * bytes);
		memset((char *)*array + *room * bytes, 0, (more - *room) * bytes);
		*room = more;
	}

	if (id >= *n)
		*n = id + 1;
	return true;
}
#define REACH(l, name, id) \
	reach((l), &(l)->t->name, (id), &(l)->t->n_##name, &(l)->name##_room, sizeof *(l)->t->name)

static bool get_text(struct loader *l, struct ptc_cursor *c, const char **text)
{
	const uint8_t *bytes;
	uint64_t n;
	if (!ptc_get_string(c, &bytes, &n))
		return false;
	*text = arena_copy(&l->t->file->arena, bytes, n);
	return true;
}

/* ---- stacks ---- */

static uint32_t node_hash(uint32_t parent, uint32_t frame)
{
	return (uint32_t)(((uint64_t)parent << 32 | frame) * 0x9E3779B97F4A7C15ull >> 32);
}

static void node_rehash(struct loader *l)
{
	struct trace *t = l->t;
	l->node_slots = l->node_slots ? l->node_slots * 2 : 1024;
	free(l->node_slot);
	l->node_slot = mem_zalloc(l->node_slots, sizeof *l->node_slot);
	for (uint32_t i = 1; i < t->n_nodes; i++) {
		uint32_t at = node_hash(t->nodes[i].parent, t->nodes[i].frame) &
		              (l->node_slots - 1);
		while (l->node_slot[at])
			at = (at + 1) & (l->node_slots - 1);
		l->node_slot[at] = i;
	}
}

static uint32_t node_under(struct loader *l, uint32_t parent, uint32_t frame);

static uint32_t python_node(struct loader *l, uint32_t node)
{
	const struct trace_node *n = &l->t->nodes[node];
	uint32_t above = l->t->nodes[n->parent].python;
	if (!trace_frame(l->t, n->frame)->code)
		return above;
	return above == n->parent ? node : node_under(l, above, n->frame);
}

/* The node for a frame called from a node. */
static uint32_t node_under(struct loader *l, uint32_t parent, uint32_t frame)
{
	struct trace *t = l->t;

	if (t->n_nodes * 2 >= l->node_slots)
		node_rehash(l);
	uint32_t at = node_hash(parent, frame) & (l->node_slots - 1);
	for (uint32_t i; (i = l->node_slot[at]) != 0; at = (at + 1) & (l->node_slots - 1))
		if (t->nodes[i].parent == parent && t->nodes[i].frame == frame)
			return i;

	uint32_t made = l->node_slot[at] = t->n_nodes;
	struct trace_node *node = MEM_PUSH(t->nodes, t->n_nodes, l->nodes_room);
	*node = (struct trace_node){
		.parent = parent, .frame = frame, .depth = t->nodes[parent].depth + 1};
	uint32_t python = python_node(l, made);
	t->nodes[made].python = python;
	return made;
}

static bool read_stack(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id = l->next_stack++, n_shared, n_new;

	if (c->p >= c->end)
		return false;
	uint32_t flags = *c->p++;
	if (!ptc_get_varint32(c, &n_shared) || !ptc_get_varint32(c, &n_new) ||
	    n_shared > l->n_path || n_new > PATH_ROOM - n_shared || !REACH(l, stacks, id))
		return false;

	uint32_t node = n_shared ? l->path[n_shared - 1] : 0;
	l->n_path = n_shared;
	for (uint32_t i = 0; i < n_new; i++) {
		uint32_t frame;
		if (!ptc_get_varint32(c, &frame))
			return false;
		node = node_under(l, node, frame);
		l->path[l->n_path++] = node;
	}

	l->t->stacks[id] = (struct trace_stack){.node = node, .flags = flags};
	return true;
}

static bool read_frame(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id = l->next_frame++, module;
	uint64_t offset;
	if (!ptc_get_varint32(c, &module) || !ptc_get_varint(c, &offset) || !REACH(l, frames, id))
		return false;
	l->t->frames[id] =
		(struct trace_frame){.module = module, .offset = offset >> 1, .exact = offset & 1};
	return true;
}

static bool read_frame_py(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id = l->next_frame++, code, line;
	if (!ptc_get_varint32(c, &code) || !ptc_get_varint32(c, &line) || !REACH(l, frames, id))
		return false;
	l->t->frames[id] = (struct trace_frame){.code = code, .line = line};
	return true;
}

/* ---- modules and threads ---- */

static bool read_module(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id;
	uint64_t base, start, end, ticks, n;
	const uint8_t *build_id;
	const char *path;

	if (!ptc_get_varint32(c, &id) || !ptc_get_varint(c, &base) || !ptc_get_varint(c, &start) ||
	    !ptc_get_varint(c, &end) || !ptc_get_varint(c, &ticks) ||
	    !ptc_get_string(c, &build_id, &n) || !get_text(l, c, &path) || !REACH(l, modules, id))
		return false;

	struct trace_module *m = &l->t->modules[id];
	m->path = path;
	m->build_id = (uint8_t *)arena_copy(&l->t->file->arena, build_id, n);
	m->n_build_id = (uint32_t)n;
	m->base = base;
	m->start = start;
	m->end = end;
	m->loaded_ns = reader_file_ns(l->t->file, ticks);
	m->gone_ns = UINT64_MAX;
	return true;
}

static bool read_module_gone(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id;
	uint64_t ticks;
	if (!ptc_get_varint32(c, &id) || !ptc_get_varint(c, &ticks))
		return false;
	if (id < l->t->n_modules)
		l->t->modules[id].gone_ns = reader_file_ns(l->t->file, ticks);
	return true;
}

static bool read_thread(struct loader *l, struct ptc_cursor *c)
{
	uint32_t number, tid;
	uint64_t ticks;
	const char *name;
	if (!ptc_get_varint32(c, &number) || !ptc_get_varint32(c, &tid) ||
	    !ptc_get_varint(c, &ticks) || !get_text(l, c, &name) || !REACH(l, threads, number))
		return false;
	l->t->threads[number] = (struct trace_thread){.tid = tid,
	                                              .name = name,
	                                              .start_ns = reader_file_ns(l->t->file, ticks),
	                                              .end_ns = UINT64_MAX};
	return true;
}

static bool read_thread_end(struct loader *l, struct ptc_cursor *c)
{
	uint32_t number;
	uint64_t ticks;
	const char *name;
	if (!ptc_get_varint32(c, &number) || !ptc_get_varint(c, &ticks) || !get_text(l, c, &name) ||
	    !REACH(l, threads, number))
		return false;
	struct trace_thread *thread = &l->t->threads[number];
	thread->end_ns = reader_file_ns(l->t->file, ticks);
	if (*name || !thread->name)
		thread->name = name;
	return true;
}

/* ---- Python ---- */

static bool read_string(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id = l->next_string++;
	uint64_t n = (uint64_t)(c->end - c->p);
	if (n > PTF_MAX_STRING || !REACH(l, strings, id))
		return false;
	l->t->strings[id] = arena_copy(&l->t->file->arena, c->p, n);
	c->p = c->end;
	return true;
}

static bool read_code(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id = l->next_code++, first_line, n = 0;
	struct code_ids ids;
	if (!ptc_get_varint32(c, &ids.file) || !ptc_get_varint32(c, &ids.name) ||
	    !ptc_get_varint32(c, &ids.qualified) || !ptc_get_varint32(c, &first_line) ||
	    !REACH(l, codes, id) ||
	    !reach(l, &l->code_ids, id, &n, &l->code_ids_room, sizeof *l->code_ids))
		return false;
	l->t->codes[id].first_line = first_line;
	l->t->codes[id].n_arguments = UINT32_MAX;
	if (c->p < c->end && !ptc_get_varint32(c, &l->t->codes[id].n_arguments))
		return false;
	l->code_ids[id] = ids;
	return true;
}

static bool reader_definitions_read_class(struct loader *l, struct ptc_cursor *c)
{
	uint32_t id = l->next_class++, base, flags, n = 0;
	uint64_t basic, item;
	struct class_ids ids;

	if (!ptc_get_varint32(c, &ids.name) || !ptc_get_varint32(c, &ids.module) ||
	    !ptc_get_varint32(c, &base) || !ptc_get_varint32(c, &flags) ||
	    !ptc_get_varint(c, &basic) || !ptc_get_varint(c, &item) || !REACH(l, classes, id) ||
	    !reach(l, &l->class_ids, id, &n, &l->class_ids_room, sizeof *l->class_ids))
		return false;

	l->t->classes[id] = (struct trace_class){
		.base = base, .flags = flags, .basic_size_bytes = basic, .item_size_bytes = item};
	l->class_ids[id] = ids;
	return true;
}

static bool read_python(struct loader *l, struct ptc_cursor *c)
{
	struct trace_process *p = &l->t->process;
	return get_text(l, c, &p->python_version) && ptc_get_varint32(c, &p->python_flags) &&
	       get_text(l, c, &p->python_warning);
}

static int by_number(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* A census is used only when all of its pieces are there. */
static void join_census(struct loader *l)
{
	uint64_t bytes = 0;

	uint32_t n = l->n_pieces;

	l->n_pieces = 0;
	if (!n || n != l->pieces_wanted)
		return;
	qsort(l->pieces, n, sizeof *l->pieces, by_number);
	for (uint32_t i = 0; i < n; i++)
		bytes += l->pieces[i].n_bytes;
	char *p = arena_alloc(&l->t->file->arena, bytes + 1);
	l->t->earlier_census = l->t->census;
	l->t->census = p;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(p, l->pieces[i].bytes, l->pieces[i].n_bytes);
		p += l->pieces[i].n_bytes;
	}
}

static bool read_census(struct loader *l, struct ptc_cursor *c)
{
	uint32_t number, of;
	if (!ptc_get_varint32(c, &number) || !ptc_get_varint32(c, &of))
		return false;
	uint32_t n = (uint32_t)(c->end - c->p);
	if (!number)
		join_census(l);

	struct piece *piece = MEM_PUSH(l->pieces, l->n_pieces, l->pieces_room);
	*piece = (struct piece){.number = number,
	                        .n_bytes = n,
	                        .bytes = (uint8_t *)arena_copy(&l->t->file->arena, c->p, n)};
	l->pieces_wanted = of;
	c->p = c->end;
	return true;
}

/* Pieces come in order; a graph that lacks one ends there. */
static bool read_heap(struct loader *l, struct ptc_cursor *c)
{
	struct trace *t = l->t;
	uint32_t number, piece, n;
	struct trace_heap *h;

	if (!ptc_get_varint32(c, &number) || !ptc_get_varint32(c, &piece))
		return false;
	n = (uint32_t)(c->end - c->p);
	if (!t->n_heaps || t->heaps[t->n_heaps - 1].number != number)
		*MEM_PUSH(t->heaps, t->n_heaps,
		          l->heaps_room) = (struct trace_heap){.number = number};
	h = &t->heaps[t->n_heaps - 1];
	if (h->n_pieces == piece) {
		h->n_pieces++;
		if (h->n_bytes + n > h->room) {
			h->room = 2 * (h->n_bytes + n);
			h->bytes = mem_realloc(h->bytes, h->room);
		}
		memcpy(h->bytes + h->n_bytes, c->p, n);
		h->n_bytes += n;
	}
	c->p = c->end;
	return true;
}

static bool reader_definitions_read_bound(struct loader *l, struct ptc_cursor *c)
{
	struct trace_bound b = {.function = ""};
	uint32_t name;

	if (!ptc_get_varint32(c, &b.class_id) || !ptc_get_varint32(c, &name) ||
	    !ptc_get_varint(c, &b.n_made))
		return false;

	uint32_t n = l->t->n_bounds;
	if (n == l->bound_names_room)
		l->bound_names = mem_grow(l->bound_names, n, &l->bound_names_room,
		                          sizeof *l->bound_names);

	l->bound_names[n] = name;
	*MEM_PUSH(l->t->bounds, l->t->n_bounds, l->bounds_room) = b;
	return true;
}

/* ---- the process ---- */

static bool read_process(struct loader *l, struct ptc_cursor *c)
{
	struct trace_process *p = &l->t->process;
	uint32_t argc;

	if (!get_text(l, c, &p->exe) || !get_text(l, c, &p->cwd) || !get_text(l, c, &p->host) ||
	    !ptc_get_varint32(c, &argc) || argc > PTF_MAX_RECORD)
		return false;

	const char **argv = arena_alloc(&l->t->file->arena, (argc + 1) * sizeof *argv);
	uint32_t n = 0;
	while (n < argc && get_text(l, c, &argv[n]))
		n++;
	p->argv = argv;
	p->argc = n;
	return n == argc;
}

static bool read_cost(struct ptc_cursor *c, struct trace_cost *cost)
{
	return ptc_get_varint32(c, &cost->wait_status) && ptc_get_varint(c, &cost->cpu_ns) &&
	       ptc_get_varint(c, &cost->wall_ns) && ptc_get_varint(c, &cost->peak_rss_bytes);
}

static bool read_run(struct loader *l, struct ptc_cursor *c)
{
	struct trace_process *p = &l->t->process;
	uint32_t has_baseline;
	if (!read_cost(c, &p->run) || !ptc_get_varint32(c, &has_baseline))
		return false;
	p->has_run = true;
	p->has_baseline = has_baseline && read_cost(c, &p->baseline);
	return p->has_baseline == (has_baseline != 0);
}

static bool read_child(struct loader *l, struct ptc_cursor *c)
{
	struct trace_child child;
	uint64_t ticks;
	if (!ptc_get_varint32(c, &child.pid) || !ptc_get_varint(c, &ticks))
		return false;
	child.at_ns = reader_file_ns(l->t->file, ticks);
	*MEM_PUSH(l->t->children, l->t->n_children, l->children_room) = child;
	return true;
}

static bool read_note(struct loader *l, struct ptc_cursor *c)
{
	const char *note;
	if (!get_text(l, c, &note))
		return false;
	*MEM_PUSH(l->t->notes, l->t->n_notes, l->notes_room) = note;
	return true;
}

static bool read_labels(struct loader *l, struct ptc_cursor *c)
{
	return get_text(l, c, &l->t->process.labels);
}

static bool read_allocator(struct loader *l, struct ptc_cursor *c)
{
	return get_text(l, c, &l->t->process.allocator);
}

/* ---- chunks ---- */

static bool (*const read_record[])(struct loader *, struct ptc_cursor *) = {
	[PTF_D_FRAME] = read_frame,
	[PTF_D_FRAME_PY] = read_frame_py,
	[PTF_D_STACK] = read_stack,
	[PTF_D_MODULE] = read_module,
	[PTF_D_MODULE_GONE] = read_module_gone,
	[PTF_D_THREAD] = read_thread,
	[PTF_D_THREAD_END] = read_thread_end,
	[PTF_D_STRING] = read_string,
	[PTF_D_PYCODE] = read_code,
	[PTF_D_CLASS] = reader_definitions_read_class,
	[PTF_D_PROCESS] = read_process,
	[PTF_D_RUN] = read_run,
	[PTF_D_PYTHON] = read_python,
	[PTF_D_CENSUS] = read_census,
	[PTF_D_HEAP] = read_heap,
	[PTF_D_BOUND] = reader_definitions_read_bound,
	[PTF_D_CHILD] = read_child,
	[PTF_D_NOTE] = read_note,
	[PTF_D_ALLOCATOR] = read_allocator,
	[PTF_D_LABELS] = read_labels,
};

static void read_chunk(struct loader *l, struct chunk_ref *ref, uint8_t *buffer)
{
	struct ptf_chunk h;
	struct ptc_cursor c, body;
	uint8_t tag;

	if (!reader_file_read_chunk(l->t, ref, buffer, &h, &c))
		return;
	l->next_frame = h.first_frame;
	l->next_stack = h.first_stack;
	l->next_string = h.first_string;
	l->next_code = h.first_code;
	l->next_class = h.first_class;
	l->n_path = 0;
	while (ptc_get_record(&c, &tag, &body)) {
		bool known = tag < sizeof read_record / sizeof *read_record && read_record[tag];
		if (known && !read_record[tag](l, &body)) {
			reader_file_damage(l->t, ref,
			                   chunk_offset(ref) + (uint64_t)(body.p - buffer),
			                   (uint64_t)(c.end - c.p), "impossible name record");
			return;
		}
	}

	if (c.p < c.end && *c.p != PTF_D_END)
		reader_file_damage(l->t, ref, chunk_offset(ref) + (uint64_t)(c.p - buffer),
		                   (uint64_t)(c.end - c.p), "name record longer than its chunk");
}

/* ---- texts ---- */

static const char *string_of(const struct trace *t, uint32_t id)
{
	return id < t->n_strings && t->strings[id] ? t->strings[id] : "";
}

/* The loader names a library as it found it: by a relative LD_LIBRARY_PATH as seen from where the program
 * was started. */
static const char *absolute_path(struct trace *t, const char *path)
{
	const char *start = t->process.cwd;
	if (path[0] == '/' || !strchr(path, '/') || start[0] != '/')
		return path;
	size_t n = strlen(start) + 1 + strlen(path);
	char *whole = arena_alloc(&t->file->arena, n + 1);
	snprintf(whole, n + 1, "%s/%s", start, path);
	return whole;
}

static void resolve_texts(struct loader *l)
{
	struct trace *t = l->t;

	for (uint32_t i = 0; i < t->n_codes; i++) {
		struct code_ids ids = i < l->code_ids_room ? l->code_ids[i] : (struct code_ids){0};
		t->codes[i].file = string_of(t, ids.file);
		t->codes[i].name = string_of(t, ids.name);
		t->codes[i].qualified_name = string_of(t, ids.qualified);
	}

	for (uint32_t i = 0; i < t->n_classes; i++) {
		struct class_ids ids = i < l->class_ids_room ? l->class_ids[i]
		                                             : (struct class_ids){0};
		t->classes[i].name = string_of(t, ids.name);
		t->classes[i].module = string_of(t, ids.module);
	}

	for (uint32_t i = 0; i < t->n_bounds; i++)
		t->bounds[i].function = string_of(t, l->bound_names[i]);
	for (uint32_t i = 0; i < t->n_strings; i++)
		t->strings[i] = string_of(t, i);
	for (uint32_t i = 0; i < t->n_modules; i++)
		t->modules[i].path = t->modules[i].path ? absolute_path(t, t->modules[i].path) : "";
	for (uint32_t i = 0; i < t->n_threads; i++)
		if (!t->threads[i].name)
			t->threads[i].name = "";
}

/* A frame that nobody defined is the unknown one, so that tables can be by frame. */
static void drop_undefined_frames(struct trace *t)
{
	for (uint32_t i = 0; i < t->n_nodes; i++)
		if (t->nodes[i].frame >= t->n_frames)
			t->nodes[i].frame = 0;
}

void reader_definitions_load(struct trace *t)
{
	struct loader *l = mem_zalloc(1, sizeof *l);
	uint8_t *buffer = mem_alloc(PTF_CHUNK_BYTES);
	struct trace_process *p = &t->process;

	l->t = t;
	uint64_t most = t->file_bytes / BYTES_PER_DEFINITION;
	l->max_id = most < UINT32_MAX / 4 ? (uint32_t)most : UINT32_MAX / 4;
	*MEM_PUSH(t->nodes, t->n_nodes, l->nodes_room) = (struct trace_node){0};
	if (!REACH(l, frames, 0) || !REACH(l, stacks, 0) || !REACH(l, modules, 0) ||
	    !REACH(l, threads, 0) || !REACH(l, strings, 0) || !REACH(l, codes, 0) ||
	    !REACH(l, classes, 0))
		BUG("id 0 does not fit");

	p->exe = p->cwd = p->host = p->python_version = p->python_warning = p->allocator =
		p->labels = "";
	for (uint32_t i = 0; i < t->file->defs.n; i++)
		read_chunk(l, &t->file->defs.chunk[i], buffer);
	drop_undefined_frames(t);
	resolve_texts(l);
	join_census(l);
	free(l->code_ids);
	free(l->class_ids);
	free(l->bound_names);
	free(l->pieces);
	free(l->node_slot);
	free(l);
	free(buffer);
}
