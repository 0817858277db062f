/* See announced.h. */
#include "model/announced.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "model_state.h"

/* What one thread has done since the first mark of the trace. */
struct announcing_thread {
	uint64_t allocs, allocated_bytes, temporary;
	uint64_t boundary_event; /* where its last region began */
};

struct open_region {
	uint64_t number;
	struct announced_region region;
	struct announcing_thread before; /* the thread's counts when it began */
	uint64_t boundary;
	UT_hash_handle hh;
};

struct name_entry {
	uint32_t index; /* in announced.names */
	char text[MARK_NAME_BYTES + 1];
	UT_hash_handle hh;
};

/* The highest live bytes between two boundaries, one of `peaks`. */
struct peak {
	uint64_t boundary; /* that ended it */
	uint64_t bytes;
};

/*
 * A boundary is a region's begin or end.  `peaks` falls from its first to its last: what a later and
 * higher one covers is gone, so the peak since a boundary is the first entry after it.
 */
struct announcing {
	struct announced out;
	uint32_t marks_room, regions_room, names_room;
	struct announcing_thread *thread; /* by number */
	uint32_t n_threads;
	struct open_region *open; /* hash, by number */
	struct name_entry *names; /* hash, by text */
	struct peak *peaks;
	uint32_t n_peaks, peaks_room;
	uint64_t boundary;   /* number of the last one */
	uint64_t peak_bytes; /* since then */
};

static struct announcing *announcing_of(struct model *m)
{
	if (!m->state->announcing)
		m->state->announcing = mem_zalloc(1, sizeof *m->state->announcing);
	return m->state->announcing;
}

static struct announcing_thread *thread_of(struct announcing *a, uint32_t thread)
{
	return MEM_AT(a->thread, a->n_threads, thread);
}

/* ---- names ---- */

/* Kept as long as the model; NULL: there are too many. */
static struct name_entry *name_of(struct announcing *a, const char *text)
{
	struct name_entry *x;

	HASH_FIND_STR(a->names, text, x);
	if (x || a->out.n_names == ANNOUNCED_CAP)
		return x;
	x = mem_zalloc(1, sizeof *x);
	x->index = a->out.n_names;
	strcpy(x->text, text);
	HASH_ADD_STR(a->names, text, x);
	*MEM_PUSH(a->out.names, a->out.n_names,
	          a->names_room) = (struct announced_name){.name = x->text};
	return x;
}

static struct name_entry *event_name(struct model *m, const struct event *e)
{
	char text[MARK_NAME_BYTES + 1];
	trace_mark_name(m->trace, e, text);
	return name_of(m->state->announcing, text);
}

/* ---- the peak since a boundary ---- */

static void new_boundary(struct announcing *a, uint64_t live_bytes)
{
	a->boundary++;
	while (a->n_peaks && a->peaks[a->n_peaks - 1].bytes <= a->peak_bytes)
		a->n_peaks--;
	if (!a->open)
		a->n_peaks = 0;
	*MEM_PUSH(a->peaks, a->n_peaks, a->peaks_room) = (struct peak){a->boundary, a->peak_bytes};
	a->peak_bytes = live_bytes;
}

static uint64_t peak_since(const struct announcing *a, uint64_t boundary)
{
	uint32_t low = 0, high = a->n_peaks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (a->peaks[middle].boundary <= boundary)
			low = middle + 1;
		else
			high = middle;
	}
	return low < a->n_peaks ? a->peaks[low].bytes : a->peak_bytes;
}

/* ---- events ---- */

void announced_alloc(struct model *m, const struct block *b)
{
	struct announcing *a = m->state->announcing;
	struct announcing_thread *thread = thread_of(a, b->thread);

	thread->allocs++;
	thread->allocated_bytes += b->size_bytes;
	if (m->totals.live_bytes > a->peak_bytes)
		a->peak_bytes = m->totals.live_bytes;
}

void announced_temporary(struct model *m, const struct block *b)
{
	struct announcing_thread *thread = thread_of(m->state->announcing, b->thread);
	thread->temporary += b->seq >= thread->boundary_event;
}

static void add_mark(struct model *m, const struct event *e)
{
	struct announcing *a = m->state->announcing;
	const struct name_entry *name = event_name(m, e);

	if (!name || a->out.n_marks == ANNOUNCED_CAP) {
		a->out.n_left_out++;
		return;
	}
	*MEM_PUSH(a->out.marks, a->out.n_marks, a->marks_room) = (struct announced_mark){
		.name = name->text,
		.time_ns = e->time_ns,
		.event = e->seq,
		.thread = e->thread,
		.live_bytes = m->totals.live_bytes,
		.live_blocks = m->totals.live_blocks,
		.allocs = m->totals.allocs,
		.allocated_bytes = m->totals.allocated_bytes,
	};
}

static void begin_region(struct model *m, const struct event *e)
{
	struct announcing *a = m->state->announcing;
	const struct name_entry *name = event_name(m, e);
	struct announcing_thread *thread = thread_of(a, e->thread);
	struct open_region *x;

	HASH_FIND(hh, a->open, &e->old_address, sizeof e->old_address, x);
	if (!name || x || HASH_COUNT(a->open) == ANNOUNCED_CAP) {
		a->out.n_left_out++;
		return;
	}

	new_boundary(a, m->totals.live_bytes);
	thread->boundary_event = e->seq;
	x = mem_zalloc(1, sizeof *x);
	x->number = e->old_address;
	x->before = *thread;
	x->boundary = a->boundary;
	x->region = (struct announced_region){
		.name = name->text,
		.begin_ns = e->time_ns,
		.begin_event = e->seq,
		.thread = e->thread,
		.process_allocs = m->totals.allocs, /* until it ends: what was before */
		.process_bytes = m->totals.allocated_bytes,
		.begin_bytes = m->totals.live_bytes,
		.begin_blocks = m->totals.live_blocks,
	};
	HASH_ADD(hh, a->open, number, sizeof x->number, x);
}

static void add_to_name(struct announcing *a, const struct announced_region *r)
{
	struct announced_name *x = &a->out.names[name_of(a, r->name)->index];
	uint64_t rise = r->peak_bytes - r->begin_bytes;

	x->n++;
	x->total_ns += r->end_ns - r->begin_ns;
	x->allocs += r->allocs;
	x->allocated_bytes += r->allocated_bytes;
	x->process_allocs += r->process_allocs;
	x->process_bytes += r->process_bytes;
	x->temporary += r->temporary;
	x->begin_bytes += r->begin_bytes;
	x->end_bytes += r->end_bytes;
	if (rise > x->most_rise_bytes)
		x->most_rise_bytes = rise;
}

static void end_region(struct model *m, struct open_region *x, uint64_t time_ns, uint64_t event)
{
	struct announcing *a = m->state->announcing;
	struct announced_region *r = &x->region;
	const struct announcing_thread *now = thread_of(a, r->thread);

	new_boundary(a, m->totals.live_bytes);
	r->end_ns = time_ns;
	r->end_event = event;
	r->allocs = now->allocs - x->before.allocs;
	r->allocated_bytes = now->allocated_bytes - x->before.allocated_bytes;
	r->process_allocs = m->totals.allocs - r->process_allocs;
	r->process_bytes = m->totals.allocated_bytes - r->process_bytes;
	r->temporary = now->temporary - x->before.temporary;
	r->end_bytes = m->totals.live_bytes;
	r->end_blocks = m->totals.live_blocks;
	r->peak_bytes = peak_since(a, x->boundary);

	add_to_name(a, r);
	if (a->out.n_regions < ANNOUNCED_CAP)
		*MEM_PUSH(a->out.regions, a->out.n_regions, a->regions_room) = *r;
	else
		a->out.n_left_out++;
	HASH_DEL(a->open, x);
	free(x);
}

void announced_event(struct model *m, const struct event *e)
{
	struct announcing *a = announcing_of(m);
	struct open_region *x;

	if (e->region == PTF_MARK_POINT)
		add_mark(m, e);
	else if (e->region == PTF_MARK_BEGIN)
		begin_region(m, e);
	if (e->region != PTF_MARK_END)
		return;
	HASH_FIND(hh, a->open, &e->old_address, sizeof e->old_address, x);
	if (x) /* else it began in the parent, or is left out */
		end_region(m, x, e->time_ns, e->seq);
}

/* ---- the end ---- */

static int by_begin(const void *a, const void *b)
{
	const struct announced_region *x = a, *y = b;
	return x->begin_event < y->begin_event ? -1 : x->begin_event > y->begin_event;
}

static int by_bytes(const void *a, const void *b)
{
	const struct announced_name *x = a, *y = b;
	if (x->allocated_bytes != y->allocated_bytes)
		return x->allocated_bytes < y->allocated_bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Names of marks have no regions. */
static void drop_unused_names(struct announced *out)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < out->n_names; i++)
		if (out->names[i].n)
			out->names[n++] = out->names[i];
	out->n_names = n;
}

void announced_finish(struct model *m, uint64_t end_ns)
{
	struct announcing *a = m->state->announcing;
	if (!a)
		return;

	while (a->open) {
		a->open->region.open = true;
		end_region(m, a->open, end_ns, UINT64_MAX);
	}
	drop_unused_names(&a->out);
	if (a->out.n_regions)
		qsort(a->out.regions, a->out.n_regions, sizeof *a->out.regions, by_begin);
	if (a->out.n_names)
		qsort(a->out.names, a->out.n_names, sizeof *a->out.names, by_bytes);
}

void announced_release(struct model *m)
{
	struct announcing *a = m->state->announcing;
	struct open_region *x, *next_x;
	struct name_entry *n, *next_n;
	if (!a)
		return;

	HASH_ITER (hh, a->open, x, next_x) {
		HASH_DEL(a->open, x);
		free(x);
	}
	HASH_ITER (hh, a->names, n, next_n) {
		HASH_DEL(a->names, n);
		free(n);
	}
	free(a->out.marks);
	free(a->out.regions);
	free(a->out.names);
	free(a->thread);
	free(a->peaks);
	free(a);
	m->state->announcing = NULL;
}

const struct announced *model_announced(const struct model *m)
{
	return m->state->announcing ? &m->state->announcing->out : NULL;
}

/* ---- by name ---- */

/* "NAME", "NAME#3", "NAME:end", "NAME:end#3" taken apart; a name may itself have '#' and ':'. */
struct moment {
	const char *name;
	size_t n;
	bool end;
	unsigned long which; /* from 1 */
};

static struct moment parse_moment(const char *text)
{
	struct moment x = {.name = text, .n = strlen(text), .which = 1};
	const char *hash = strrchr(text, '#');
	char *rest;

	if (hash && hash[1]) {
		unsigned long which = strtoul(hash + 1, &rest, 10);
		if (!*rest && which) {
			x.which = which;
			x.n = (size_t)(hash - text);
		}
	}
	if (x.n > 4 && !strncmp(text + x.n - 4, ":end", 4)) {
		x.end = true;
		x.n -= 4;
	}
	return x;
}

static bool is_named(const struct moment *x, const char *name)
{
	return strlen(name) == x->n && !memcmp(name, x->name, x->n);
}

static bool find_mark(const struct announced *a, const struct moment *x, uint64_t *time_ns,
                      uint64_t *event)
{
	unsigned long n = 0;

	for (uint32_t i = 0; i < a->n_marks && !x->end; i++)
		if (is_named(x, a->marks[i].name) && ++n == x->which) {
			*time_ns = a->marks[i].time_ns;
			*event = a->marks[i].event;
			return true;
		}
	return false;
}

static bool find_region(const struct announced *a, const struct moment *x, uint64_t *time_ns,
                        uint64_t *event)
{
	unsigned long n = 0;

	for (uint32_t i = 0; i < a->n_regions; i++)
		if (is_named(x, a->regions[i].name) && ++n == x->which) {
			*time_ns = x->end ? a->regions[i].end_ns : a->regions[i].begin_ns;
			*event = x->end ? a->regions[i].end_event : a->regions[i].begin_event;
			return true;
		}
	return false;
}

bool announced_find(const struct model *m, const char *text, uint64_t *time_ns, uint64_t *event)
{
	const struct announced *a = model_announced(m);
	struct moment exact = {.name = text, .n = strlen(text), .which = 1}, x = parse_moment(text);

	if (!strcmp(text, "START") || !strcmp(text, "END")) {
		*time_ns = *text == 'S' ? 0 : UINT64_MAX;
		*event = *text == 'S' ? 0 : UINT64_MAX;
		return true;
	}
	return a &&
	       (find_mark(a, &exact, time_ns, event) || find_region(a, &exact, time_ns, event) ||
	        find_mark(a, &x, time_ns, event) || find_region(a, &x, time_ns, event));
}
