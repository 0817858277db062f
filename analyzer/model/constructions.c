/*
 * What building an instance takes: events under the __init__ that its building frame called.
 *
 * When an instance of a user class is allocated, the Python frame that builds it (the innermost one of
 * the allocation's stack) is remembered on the thread.  As long as the thread's events come from a
 * function named like a constructor called by exactly that frame, they belong to the construction;
 * the first one that does not ends it.  Constructions nest, so this is a stack.
 */
#include <stdlib.h>
#include <string.h>

#include "model_state.h"

#define NESTED_MAX 64u

struct construction {
	uint32_t class_id;
	uint32_t builder;  /* node of the Python frames that build it */
	uint32_t n_events; /* under __init__ */
	uint32_t n_objects;
	uint64_t bytes;
	uint64_t alloc_ns, last_ns;
};

struct construction_stack {
	struct construction under_way[NESTED_MAX];
	uint32_t n;
	uint64_t arguments; /* key of the objects that EVENT_ARGUMENT has named, 0 none */
};

struct constructions {
	bool *is_constructor; /* by code id */
	bool has_enter;       /* one of them is an __enter__ */
	struct construction_stack **thread;
	uint32_t n_threads;
};

static bool names_constructor(const char *name)
{
	/* `with Class() as x` enters on the line that builds: what it opens is part of the building. */
	return !strcmp(name, "__init__") || !strcmp(name, "__new__") ||
	       !strcmp(name, "__post_init__") || !strcmp(name, "__enter__");
}

static struct constructions *constructions_new(const struct trace *t)
{
	struct constructions *c = mem_zalloc(1, sizeof *c);
	c->is_constructor = mem_zalloc(t->n_codes, sizeof *c->is_constructor);
	for (uint32_t i = 0; i < t->n_codes; i++)
		c->has_enter |= (c->is_constructor[i] = names_constructor(t->codes[i].name)) &&
		                !strcmp(t->codes[i].name, "__enter__");
	return c;
}

static struct construction_stack *stack_of(struct constructions *c, uint32_t thread, bool make)
{
	if (!make)
		return thread < c->n_threads ? c->thread[thread] : NULL;
	struct construction_stack **s = MEM_AT(c->thread, c->n_threads, thread);
	if (!*s)
		*s = mem_zalloc(1, sizeof **s);
	return *s;
}

static uint32_t constructions_node_of(const struct trace *t, uint32_t stack)
{
	return t->nodes[trace_stack(t, stack)->node].python;
}

/* Whether the Python frames of a node go through a constructor that was called by the builder. */
static bool is_under(const struct constructions *c, const struct trace *t, uint32_t builder,
                     uint32_t node)
{
	uint32_t below = 0;
	while (node && t->nodes[node].depth > t->nodes[builder].depth) {
		below = node;
		node = t->nodes[node].parent;
	}
	if (node != builder || !below)
		return false;
	uint32_t code = trace_frame(t, t->nodes[below].frame)->code;
	return code < t->n_codes && c->is_constructor[code];
}

static void construction_end(struct model *m, const struct construction *k, uint64_t now_ns)
{
	struct class_stats *c = classes_get(m, k->class_id);
	c->constructions++;
	c->ctor_events += k->n_events;
	c->ctor_bytes += k->bytes;
	c->ctor_objects += k->n_objects;
	tally_add(&c->ctor_shapes, k->bytes << 24 ^ k->n_events, 1, MODEL_SHAPES_CAP);
	hist_add(&c->ctor_ns_low, k->n_events ? k->last_ns - k->alloc_ns : 0, 1);
	hist_add(&c->ctor_ns_high, now_ns - k->alloc_ns, 1);
}

/* Ends what this event does not belong to, counts it for the rest. */
static void event_under(struct model *m, struct construction_stack *s, const struct block *b,
                        uint32_t node)
{
	const struct constructions *c = m->state->constructions;
	uint32_t keep = s->n;

	/* The innermost one that the event is under keeps all around it under way. */
	while (keep && !is_under(c, m->trace, s->under_way[keep - 1].builder, node)) {
		struct construction *k = &s->under_way[keep - 1];
		if (node == k->builder && (!k->n_events || c->has_enter))
			break; /* on the way to __init__ (the values array) or from there to __enter__ */
		construction_end(m, k, b->time_ns);
		keep--;
	}

	s->n = keep;
	for (uint32_t i = 0; i < s->n; i++) {
		struct construction *k = &s->under_way[i];
		if (i + 1 == s->n && node == k->builder && (!k->n_events || c->has_enter))
			continue;
		k->n_events++;
		k->n_objects += b->domain == PTF_DOMAIN_PY_OBJ || b->domain == PTF_DOMAIN_PY_MEM;
		k->bytes += b->size_bytes;
		k->last_ns = b->time_ns;
	}
}

static bool is_user_instance(const struct model *m, uint32_t class_id)
{
	return class_id && (trace_class(m->trace, class_id)->flags & PTF_CLASS_HEAP);
}

/* An instance that its innermost Python frame builds. */
static void construction_begin(struct model *m, const struct block *b, uint32_t class_id)
{
	if (!m->state->constructions)
		m->state->constructions = constructions_new(m->trace);
	struct constructions *c = m->state->constructions;
	struct construction_stack *s = stack_of(c, b->thread, true);
	uint32_t node = constructions_node_of(m->trace, sites_stack(m, b->site_id));

	/* The builder is at its next instance. */
	while (s->n && s->under_way[s->n - 1].builder == node &&
	       (!s->under_way[s->n - 1].n_events || c->has_enter))
		construction_end(m, &s->under_way[--s->n], b->time_ns);

	if (node && s->n < NESTED_MAX)
		s->under_way[s->n++] = (struct construction){
			.class_id = class_id, .builder = node, .alloc_ns = b->time_ns};
}

void constructions_alloc(struct model *m, const struct block *b)
{
	struct constructions *c = m->state->constructions;
	struct construction_stack *s = c ? stack_of(c, b->thread, false) : NULL;
	if (s && s->n)
		event_under(m, s, b, constructions_node_of(m->trace, sites_stack(m, b->site_id)));
	if (is_user_instance(m, b->class_id))
		construction_begin(m, b, b->class_id);
}

void constructions_class(struct model *m, const struct block *b, uint32_t class_id)
{
	bool just_allocated = pair_is_last(&m->state->pair, b);
	if (just_allocated && !b->class_id && is_user_instance(m, class_id))
		construction_begin(m, b, class_id);
}

/* The number of the allocation distinguishes objects that lived at one address, one after the other. */
static uint64_t object_key(const struct model *m, uint64_t address)
{
	static const uint32_t offsets[] = {0, 16, 32}; /* of an object in its block */

	for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		const struct block *b = pair_find(&m->state->pair, address - offsets[i]);

		if (b)
			return (uint64_t)b->slot << 32 | b->serial;
	}
	return address;
}

void constructions_argument(struct model *m, const struct event *e)
{
	if (!m->state->constructions)
		m->state->constructions = constructions_new(m->trace);
	struct construction_stack *s = stack_of(m->state->constructions, e->thread, true);

	s->arguments = (s->arguments ^ object_key(m, e->address)) * 0x9E3779B97F4A7C15ull;
}

void constructions_timed(struct model *m, const struct event *e)
{
	struct constructions *all = m->state->constructions;
	struct construction_stack *s = all ? stack_of(all, e->thread, false) : NULL;
	struct class_stats *c = classes_get(m, e->class_id);

	c->slow_calls++;
	c->slow_ns += e->size_bytes;
	hist_add(&c->slow_call_ns, e->size_bytes, 1);
	if (e->owner) {
		c->slow_calls_with_cpu++;
		c->slow_cpu_ns += e->owner - 1;
		c->slow_ns_with_cpu += e->size_bytes;
		if (e->stack && e->size_bytes > e->owner - 1)
			c->slow_waiting_ns += e->size_bytes - (e->owner - 1);
	}
	tally_add(&c->arguments, e->old_bytes ^ (s ? s->arguments : 0), 1, MODEL_ARGUMENTS_CAP);
	tally_add(&c->contents, e->old_bytes, 1, MODEL_ARGUMENTS_CAP);
	if (s)
		s->arguments = 0;
}

void constructions_finish(struct model *m)
{
	struct constructions *c = m->state->constructions;
	for (uint32_t i = 0; c && i < c->n_threads; i++)
		for (uint32_t k = 0; c->thread[i] && k < c->thread[i]->n; k++)
			construction_end(m, &c->thread[i]->under_way[k], m->state->at.now_ns);
}

void constructions_release(struct model *m)
{
	struct constructions *c = m->state->constructions;
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n_threads; i++)
		free(c->thread[i]);
	free(c->thread);
	free(c->is_constructor);
	free(c);
	m->state->constructions = NULL;
}
