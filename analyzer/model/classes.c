/*
 * Blocks to classes: instances of each Python class, wherever they are built.
 *
 * As with sites, what depends on time is settled when the class changes next.  An instance is the
 * block of the object itself; what hangs on it is counted in owners.c, its building in
 * constructions.c.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"

#define CLASS_SITES_CAP 256u
#define CLASS_THREADS_CAP 256u

struct class_stats *classes_get(struct model *m, uint32_t class_id)
{
	struct model_state *st = m->state;

	if (class_id >= m->trace->n_classes)
		class_id = 0;
	uint32_t *at = MEM_AT(st->class_at, st->n_class_at, class_id);
	if (!*at) {
		struct class_stats *c = MEM_PUSH(m->classes, m->n_classes, st->classes_room);
		*c = (struct class_stats){.class_id = class_id};
		c->type = trace_class(m->trace, class_id);
		c->name = c->type->name;
		c->module = c->type->module;
		c->state = mem_zalloc(1, sizeof *c->state);
		st->class_at[class_id] = m->n_classes;
	}

	return &m->classes[st->class_at[class_id] - 1];
}

const struct class_stats *model_class(const struct model *m, uint32_t class_id)
{
	for (uint32_t i = 0; i < m->n_classes; i++)
		if (m->classes[i].class_id == class_id)
			return &m->classes[i];
	return NULL;
}

static void class_touch(struct model *m, struct class_stats *c)
{
	struct class_state *x = c->state;
	if (c->live)
		hist_add(&c->concurrency, c->live, m->state->at.now_ns - x->changed_ns);
	x->changed_ns = m->state->at.now_ns;
	while (x->times_seen < m->state->at.mark)
		c->live_at[x->times_seen++] = c->live;
}

/* Instances of that building thread; the tally counts up and down (modulo 2^64). */
static void class_thread(struct class_stats *c, uint32_t thread, bool add)
{
	tally_add(&c->state->live_by_thread, thread, add ? 1 : UINT64_MAX, CLASS_THREADS_CAP);
	const struct tally_entry *e = tally_find(&c->state->live_by_thread, thread);
	if (add && e && e->count > c->peak_live_one_thread)
		c->peak_live_one_thread = (uint32_t)e->count;
}

void classes_alloc(struct model *m, const struct block *b, uint32_t class_id, uint64_t time_ns)
{
	struct class_stats *c = classes_get(m, class_id);

	class_touch(m, c);
	if (!c->built)
		c->first_ns = time_ns;
	c->last_ns = time_ns;
	c->built++;
	c->allocated_bytes += b->size_bytes;
	c->live_bytes += b->size_bytes;
	if (++c->live > c->peak_live)
		c->peak_live = c->live;
	if (c->live_bytes > c->peak_live_bytes)
		c->peak_live_bytes = c->live_bytes;
	hist_add(&c->size, b->size_bytes, 1);
	tally_add(&c->sites, b->site_id, 1, CLASS_SITES_CAP);
	tally_add(&c->threads, b->thread, 1, CLASS_THREADS_CAP);
	class_thread(c, b->thread, true);
}

static void class_gc_flush(struct class_stats *c)
{
	if (c->state->gc_freed)
		hist_add(&c->per_gc_freed, c->state->gc_freed, 1);
	c->state->gc_freed = 0;
}

static void class_freed_in_gc(struct model *m, struct class_stats *c)
{
	if (c->state->gc_serial != m->state->gc_serial)
		class_gc_flush(c);
	c->state->gc_serial = m->state->gc_serial;
	c->state->gc_freed++;
	c->freed_in_gc++;
}

void classes_free(struct model *m, const struct block *b, const struct event *e, bool in_gc)
{
	struct class_stats *c = classes_get(m, b->class_id);
	class_touch(m, c);
	c->freed++;
	c->live--;
	c->live_bytes -= b->size_bytes;
	hist_add(&c->lifetime_ns, e->time_ns - b->time_ns, 1);
	class_thread(c, b->thread, false);
	if (in_gc)
		class_freed_in_gc(m, c);
}

void classes_change(struct model *m, const struct block *b, const struct event *e)
{
	if (b->class_id) {
		struct class_stats *former = classes_get(m, b->class_id);
		class_touch(m, former);
		former->built--;
		former->live--;
		former->live_bytes -= b->size_bytes;
		former->allocated_bytes -= b->size_bytes;
		class_thread(former, b->thread, false);
	}
	if (e->class_id)
		classes_alloc(m, b, e->class_id, b->time_ns);
}

static int by_built(const void *a, const void *b)
{
	const struct class_stats *x = a, *y = b;
	if (x->built != y->built)
		return x->built < y->built ? 1 : -1;
	return x->class_id < y->class_id ? -1 : x->class_id > y->class_id;
}

void classes_finish(struct model *m)
{
	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct class_stats *c = &m->classes[i];
		class_touch(m, c);
		class_gc_flush(c);
		tally_sort(&c->sites);
		tally_sort(&c->threads);
		tally_release(&c->state->live_by_thread);
		free(c->state);
		c->state = NULL;
	}

	if (m->n_classes)
		qsort(m->classes, m->n_classes, sizeof *m->classes, by_built);
}

void classes_release(struct model *m)
{
	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct class_stats *c = &m->classes[i];
		hist_release(&c->size);
		hist_release(&c->lifetime_ns);
		hist_release(&c->concurrency);
		hist_release(&c->per_gc_freed);
		hist_release(&c->owned_bytes);
		hist_release(&c->ctor_ns_low);
		hist_release(&c->ctor_ns_high);
		tally_release(&c->sites);
		tally_release(&c->threads);
		tally_release(&c->ctor_shapes);
		hist_release(&c->slow_call_ns);
		tally_release(&c->arguments);
		tally_release(&c->contents);
		if (c->state) {
			tally_release(&c->state->live_by_thread);
			free(c->state);
		}
	}

	free(m->classes);
	free(m->state->class_at);
}
