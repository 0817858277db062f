/*
 * Bytes of a fuzzer as a recipe for a trace: each byte chooses what is defined or happens next, the
 * bytes after it choose names, ids and counts.  What comes out has whole chunks with the right
 * checksums, so that structure is fuzzed: references to what does not exist, names that repeat, counts
 * that do not fit, deep and wide stacks, a census of any shape.
 *
 * An input of 1 KiB makes a trace of at most RECIPE_EVENTS events and RECIPE_FRAMES frames of stacks.
 */
#ifndef FUZZ_RECIPE_H
#define FUZZ_RECIPE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/helpers/trace_writer.h"

#define RECIPE_EVENTS 20000u
#define RECIPE_FRAMES 100000u
#define RECIPE_TEXT 6000u

struct recipe {
	const uint8_t *at, *end;
	struct tw w;
	uint32_t stream;
	uint64_t address, time;
	uint32_t n_events, n_stack_frames, n_pieces, n_heap_pieces;
};

/* ---- choices ---- */

static inline uint32_t choose(struct recipe *r, uint32_t n)
{
	return r->at < r->end ? *r->at++ % n : 0;
}

static inline uint64_t choose_number(struct recipe *r)
{
	uint32_t shift = choose(r, 64), low = choose(r, 256);
	return shift < 48 ? low : ((uint64_t)low << (shift - 40)) - (shift & 1);
}

/* An id that exists, most of the time. */
static inline uint32_t choose_id(struct recipe *r, uint32_t n)
{
	uint32_t c = choose(r, 256);
	return c < 240 ? (n ? c % (n + 1) : 0) : c < 250 ? n + c - 239 : (uint32_t)choose_number(r);
}

static const char *const recipe_names[] = {
	"",
	"make_node",
	"__init__",
	"Node.__init__",
	"malloc",
	"operator new(unsigned long)",
	"std::vector<int> build_row<int>(int)",
	"_ZN3app9make_nodeEi",
	"_RNvCs1234_7mycrate3foo",
	"<std::alloc::System as core::alloc::global::GlobalAlloc>::alloc",
	"((((((((((((((((",
	"<<<<<<<<>>>)))operator",
	"\xe2\x80\xae\x65vil",
	"\x1b[2J\n\r\t\"\\",
	"/usr/lib/python3.11/json/decoder.py",
	"site-packages/numpy/core.py",
	"/proc/self/exe",
	"/bin/true",
	"/dev/zero",
	"/dev/null",
	"/tmp",
	"lib/relative.so",
	"ld-linux-x86-64.so.2",
	"libjemalloc.so.2",
	"/tmp/evil/libjemalloc.so.2",
	"[heap]",
	"linux-vdso.so.1",
	"dict",
	"list",
	"lru_cache",
	"__main__",
	"%s%n%d",
};
#define RECIPE_NAMES (sizeof recipe_names / sizeof *recipe_names)

/* A name of the list, sometimes many times in a row. */
static inline const char *choose_name(struct recipe *r)
{
	static char text[4][RECIPE_TEXT];
	static unsigned next;
	char *to = text[next++ % 4];
	uint32_t c = choose(r, 256);
	const char *name = recipe_names[c % RECIPE_NAMES];
	uint32_t times = c < 224 ? 1 : 1 + choose(r, 256) * 16;
	size_t used = 0, n = strlen(name);
	for (uint32_t i = 0; i < times && used + n + 1 < RECIPE_TEXT; i++, used += n)
		memcpy(to + used, name, n);
	to[used] = 0;
	return to;
}

/* ---- names ---- */

static inline uint8_t *put_name(struct recipe *r, uint8_t *p)
{
	const char *name = choose_name(r);
	size_t n = strlen(name);
	return ptc_put_string(p, name, n < 1000 ? n : 1000);
}

static inline uint8_t *put_numbers_chosen(struct recipe *r, uint8_t *p, uint32_t n)
{
	while (n--)
		p = ptc_put_varint(p, choose_number(r));
	return p;
}

/* A record of any type whose payload is as the letters say: i an id, n a number, s a text. */
static inline void define(struct recipe *r, uint8_t type, const char *form, uint32_t n_ids)
{
	uint8_t b[PTF_MAX_RECORD], *p = b;
	for (; *form && p < b + PTF_MAX_RECORD - 1100; form++)
		p = *form == 'i'   ? ptc_put_varint(p, choose_id(r, n_ids))
		    : *form == 'n' ? put_numbers_chosen(r, p, 1)
		                   : put_name(r, p);
	tw_def(&r->w, type, b, (uint32_t)(p - b));
}

static inline void define_stack(struct recipe *r)
{
	static const uint16_t depths[] = {0, 1, 2, 3, 5, 8, 20, 64, 300, 1024, 2047, 2048, 2049};
	uint8_t b[PTF_MAX_RECORD], *p = b;
	uint32_t n = depths[choose(r, sizeof depths / sizeof *depths)];
	uint32_t first = choose_id(r, r->w.n_frames), step = choose(r, 3);
	if (r->n_stack_frames + n > RECIPE_FRAMES)
		return;
	r->n_stack_frames += n;
	*p++ = (uint8_t)choose(r, 16);
	p = ptc_put_varint(p, depths[choose(r, sizeof depths / sizeof *depths)] *
	                              (choose(r, 2) ? 1u : 0u));
	p = ptc_put_varint(p, n);
	for (uint32_t i = 0; i < n && p < b + sizeof b - 16; i++)
		p = ptc_put_varint(p, r->w.n_frames ? (first + i * step) % (r->w.n_frames + 1) : 1);
	tw_def(&r->w, PTF_D_STACK, b, (uint32_t)(p - b));
}

static inline void define_many_frames(struct recipe *r)
{
	uint32_t n = choose(r, 256), module = choose_id(r, 4);
	uint64_t offset = choose_number(r), step = choose(r, 64);
	for (uint32_t i = 0; i < n; i++)
		tw_frame(&r->w, module, offset + i * step);
}

/* ---- a census ---- */

static const char *const recipe_keys[] = {
	"classes", "containers", "caches",     "name",       "qualname",     "module",   "file",
	"line",    "live",       "sampled",    "attributes", "present",      "distinct", "bases",
	"heap",    "dict",       "weakref",    "slots",      "paths",        "path",     "kind",
	"type",    "edge",       "length",     "n",          "of",           "layout",   "owned",
	"bytes",   "class",      "lengths",    "id",         "origin",       "user",     "pools",
	"held",    "sizes",      "dict_bytes", "attribute",  "element_types"};

static inline size_t put_json(struct recipe *r, char *to, size_t room, unsigned depth)
{
	size_t n = 0;
	uint32_t kind = room < 200 || depth > 60 ? choose(r, 4) : choose(r, 8);
	switch (kind) {
	case 0:
		return (size_t)snprintf(to, room, "%llu", (unsigned long long)choose_number(r));
	case 1:
		return (size_t)snprintf(to, room, "\"%.40s\"", recipe_names[1 + choose(r, 3)]);
	case 2:
		return (size_t)snprintf(to, room, choose(r, 2) ? "true" : "null");
	case 3:
		return (size_t)snprintf(to, room, "-1e300");
	default:
		break;
	}
	bool object = kind > 5;
	uint32_t items = choose(r, 12);
	to[n++] = object ? '{' : '[';
	for (uint32_t i = 0; i < items && n + 200 < room; i++) {
		if (i)
			to[n++] = ',';
		if (object)
			n += (size_t)snprintf(
				to + n, room - n, "\"%s\":",
				recipe_keys[choose(r, sizeof recipe_keys / sizeof *recipe_keys)]);
		n += put_json(r, to + n, room - n - 2, depth + 1);
	}
	to[n++] = object ? '}' : ']';
	to[n] = 0;
	return n;
}

static inline void define_census(struct recipe *r)
{
	static char text[7000];
	uint8_t b[PTF_MAX_RECORD], *p;
	size_t n = (size_t)snprintf(text, sizeof text, "{\"classes\":");
	n += put_json(r, text + n, 3000, 0);
	n += (size_t)snprintf(text + n, sizeof text - n, ",\"containers\":");
	n += put_json(r, text + n, 3000, 0);
	text[n++] = '}';
	p = ptc_put_varint(b, choose(r, 8) ? r->n_pieces++ : choose_number(r));
	p = ptc_put_varint(p, choose(r, 8) ? 1 : choose_number(r));
	memcpy(p, text, n);
	tw_def(&r->w, PTF_D_CENSUS, b, (uint32_t)(p - b) + (uint32_t)n);
}

/* ---- a heap graph ---- */

static inline uint8_t *put_heap_name(struct recipe *r, uint8_t *p)
{
	const char *name = recipe_names[choose(r, RECIPE_NAMES)];
	uint32_t number = choose(r, 6);
	p = ptc_put_varint(p, number);
	return number == 2 ? ptc_put_string(p, name, strlen(name)) : p;
}

static inline uint8_t *put_heap_edges(struct recipe *r, uint8_t *p, bool named)
{
	for (uint32_t n = choose(r, 6); n; n--) {
		p = ptc_put_varint(p, 1 + choose(r, 12));
		if (named)
			p = put_heap_name(r, p);
	}
	*p++ = 0;
	return p;
}

static inline uint8_t *put_heap_type(struct recipe *r, uint8_t *p)
{
	*p++ = PTF_HEAP_TYPE;
	p = ptc_put_varint(p, choose_id(r, r->w.n_classes));
	p = ptc_put_varint(p, 1u << choose(r, 32));
	for (unsigned i = 0; i < 2; i++) {
		const char *name = recipe_names[choose(r, RECIPE_NAMES)];
		p = ptc_put_string(p, name, strlen(name));
	}
	return p;
}

static inline uint8_t *put_heap_node(struct recipe *r, uint8_t *p)
{
	uint32_t flags = choose(r, 16);
	*p++ = PTF_HEAP_NODE;
	p = ptc_put_varint(p, choose(r, 3));
	p = ptc_put_varint(p, flags);
	p = put_numbers_chosen(r, p, 3);
	if (flags & PTF_HEAP_HAS_LENGTH)
		p = put_numbers_chosen(r, p, 1);
	if (flags & PTF_HEAP_HAS_STORAGE)
		p = put_numbers_chosen(r, p, 1);
	if (flags & PTF_HEAP_HAS_LABEL)
		p = put_heap_name(r, p);
	return put_heap_edges(r, p, flags & PTF_HEAP_NAMED);
}

static inline uint8_t *put_heap_item(struct recipe *r, uint8_t *p)
{
	switch (choose(r, 12)) {
	case 0:
		*p++ = PTF_HEAP_START;
		return put_numbers_chosen(r, p, 3);
	case 1:
		return put_heap_type(r, p);
	case 2:
		*p++ = PTF_HEAP_ROOT;
		*p++ = (uint8_t)(1 + choose(r, 2));
		return put_heap_edges(r, put_heap_name(r, p), true);
	case 3:
		*p++ = PTF_HEAP_LOOSE;
		return p;
	case 4:
		*p++ = PTF_HEAP_END;
		return put_numbers_chosen(r, p, 2);
	default:
		return put_heap_node(r, p);
	}
}

static inline void define_heap(struct recipe *r)
{
	uint8_t b[PTF_MAX_RECORD], *p = ptc_put_varint(b, 1 + choose(r, 8) / 7);
	p = ptc_put_varint(p, r->n_heap_pieces++);
	if (r->n_heap_pieces == 1) {
		*p++ = PTF_HEAP_START;
		p = put_heap_type(r, put_numbers_chosen(r, p, 3));
	}
	for (uint32_t n = choose(r, 32); n && p < b + sizeof b - 1000; n--)
		p = put_heap_item(r, p);
	tw_def(&r->w, PTF_D_HEAP, b, (uint32_t)(p - b));
}

/* ---- events ---- */

static inline struct ptc_event choose_event(struct recipe *r)
{
	static const uint8_t ops[] = {PTF_OP_MALLOC, PTF_OP_CALLOC, PTF_OP_ALIGNED, PTF_OP_NEW,
	                              PTF_OP_REALLOC};
	struct ptc_event e = {.op = ops[choose(r, sizeof ops)],
	                      .domain = (uint8_t)choose(r, 4),
	                      .stack = choose_id(r, r->w.n_stacks),
	                      .class_id = choose(r, 2) ? choose_id(r, r->w.n_classes) : 0,
	                      .size_bytes = choose_number(r) & ((1ull << 44) - 1)};
	e.align_log2 = e.op == PTF_OP_ALIGNED ? (uint8_t)choose(r, 64) : 0;
	return e;
}

static inline void put_stamped(struct recipe *r, struct ptc_event *e, uint32_t i)
{
	e->stamped = i % 3 == 0;
	e->time = r->time += 1000;
	tw_event(&r->w, r->stream, *e);
}

/* Allocations, freed one after another, all at the end, in reverse, or not at all. */
static inline void put_burst(struct recipe *r)
{
	struct ptc_event e = choose_event(r);
	uint32_t n = 1u << choose(r, 12), how = choose(r, 4);
	uint64_t step = 16 * (1 + choose(r, 64)), first = r->address;
	if (r->n_events + 2 * n > RECIPE_EVENTS)
		return;
	r->n_events += 2 * n;
	struct ptc_event f = {.op = PTF_OP_FREE, .domain = e.domain, .stack = e.stack};
	for (uint32_t i = 0; i < n; i++) {
		e.address = r->address = first + i * step;
		put_stamped(r, &e, i);
		f.address = e.address;
		if (how == 0)
			put_stamped(r, &f, i);
	}
	for (uint32_t i = 0; i < n && how > 0 && how < 3; i++) {
		f.address = first + (how == 1 ? i : n - 1 - i) * step;
		put_stamped(r, &f, i);
	}
}

/* A container that grows by copying or by realloc. */
static inline void put_growth(struct recipe *r)
{
	struct ptc_event e = choose_event(r), f = {.stack = e.stack, .domain = e.domain};
	uint32_t n = choose(r, 24);
	bool copies = choose(r, 2);
	e.op = copies ? PTF_OP_MALLOC : PTF_OP_REALLOC;
	f.op = copies ? PTF_OP_FREE : PTF_OP_REALLOC_FREE;
	e.align_log2 = 0;
	e.size_bytes = 16;
	r->n_events += 2 * n;
	for (uint32_t i = 0; i < n && r->n_events < RECIPE_EVENTS; i++) {
		f.address = r->address;
		if (!copies)
			put_stamped(r, &f, i);
		e.address = r->address += 4096;
		e.size_bytes *= 2;
		put_stamped(r, &e, i);
		if (copies && i)
			put_stamped(r, &f, i);
	}
}

static inline void put_event_record(struct recipe *r)
{
	uint8_t b[128], *p = b;
	uint32_t tag = 1 + choose(r, 15);
	if (tag == PTF_E_REGION || tag == PTF_E_GC || tag == PTF_E_GRANULE || tag == PTF_E_ODD ||
	    tag == PTF_E_HOLD)
		*p++ = (uint8_t)choose(r, 9);
	p = put_numbers_chosen(r, p, choose(r, 8));
	tw_general(&r->w, r->stream, (uint8_t)tag, b, (uint32_t)(p - b));
}

/* ---- the file ---- */

/* Numbers of a chunk that has been begun. */
static inline void change_chunk(struct recipe *r)
{
	struct ptf_chunk *h = tw_header(r->w.chunk[choose(r, r->w.n_chunks)]);
	uint32_t *const field[] = {&h->serial,      &h->stream,       &h->first_frame,
	                           &h->first_stack, &h->first_string, &h->first_code,
	                           &h->first_class};
	uint64_t number = choose_number(r);
	if (choose(r, 4))
		*field[choose(r, 7)] = (uint32_t)number;
	else if (choose(r, 2))
		h->ticks = number;
	else
		h->mono_ns = number;
}

static inline void change_header(struct recipe *r)
{
	struct ptf_file *h = &r->w.header;
	uint64_t *const wide[] = {&h->start_ticks,      &h->start_mono_ns,   &h->start_real_ns,
	                          &h->end_ticks,        &h->end_mono_ns,     &h->stop_ticks,
	                          &h->truncated_stacks, &h->parent_start_ns, &h->bootstrap_bytes};
	uint32_t *const narrow[] = {&h->clock,      &h->time_shift, &h->end,        &h->stop_reason,
	                            &h->exec_count, &h->python,     &h->write_step, &h->unwinder};
	if (choose(r, 2))
		*wide[choose(r, 9)] = choose_number(r);
	else
		*narrow[choose(r, 8)] = (uint32_t)choose_number(r);
}

static inline void take_step(struct recipe *r)
{
	struct tw *w = &r->w;
	switch (choose(r, 28)) {
	case 0:
		tw_string(w, choose_name(r));
		break;
	case 1:
		define(r, PTF_D_MODULE, "innnnss", 8);
		break;
	case 2:
		define(r, PTF_D_FRAME, "in", 8);
		break;
	case 3:
		define_many_frames(r);
		break;
	case 4:
		define(r, PTF_D_PYCODE, "iiin", w->n_strings);
		break;
	case 5:
		define(r, PTF_D_FRAME_PY, "in", w->n_codes);
		break;
	case 6:
		define(r, PTF_D_CLASS, "iiinnn", w->n_strings + 1);
		break;
	case 7:
	case 8:
		define_stack(r);
		break;
	case 9:
		define(r, PTF_D_PROCESS, "sssnss", 0);
		break;
	case 10:
		define(r, PTF_D_THREAD, "inns", 8);
		break;
	case 11:
		define(r, PTF_D_THREAD_END, "ins", 8);
		break;
	case 12:
		define(r, PTF_D_RUN, "nnnnnnnnn", 0);
		break;
	case 13:
		define(r, PTF_D_PYTHON, "sns", 0);
		break;
	case 14:
		define(r, PTF_D_BOUND, "iin", w->n_strings);
		break;
	case 15:
		define(r, PTF_D_ALLOCATOR, "s", 0);
		break;
	case 16:
		define(r, (uint8_t)choose(r, 24), "niisn", 9);
		break;
	case 17:
		define_census(r);
		break;
	case 18:
		r->stream = choose(r, 6);
		break;
	case 19:
		tw_next_chunk(w, r->stream);
		break;
	case 20:
		put_event_record(r);
		break;
	case 21:
		change_chunk(r);
		break;
	case 22:
		change_header(r);
		break;
	case 23:
		put_growth(r);
		break;
	case 24:
	case 25:
		define_heap(r);
		break;
	default:
		put_burst(r);
		break;
	}
}

/* The bytes of the trace, to be freed. */
static inline uint8_t *recipe_trace(const uint8_t *data, size_t n, size_t *n_bytes)
{
	static struct recipe r;
	r = (struct recipe){.at = data, .end = data + n, .address = 0x10000, .time = 1000};
	tw_init(&r.w);
	r.w.leave_open = choose(&r, 8) == 0;
	while (r.at < r.end)
		take_step(&r);
	return tw_finish(&r.w, n_bytes);
}

#endif
