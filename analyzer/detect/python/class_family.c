/* See class_family.h. */
#include "class_family.h"

#include <string.h>

#define MAX_BASES 32u

/* Package of a dotted module name: its length up to the first dot. */
static size_t package_length(const char *module)
{
	return strcspn(module, ".");
}

static bool same_package(const struct trace_class *a, const struct trace_class *b)
{
	size_t n = package_length(a->module);

	return n == package_length(b->module) && !strncmp(a->module, b->module, n);
}

uint32_t class_family_base(const struct model *m, uint32_t class_id)
{
	uint32_t top = class_id;
	const struct trace_class *own = trace_class(m->trace, class_id);

	for (uint32_t i = 0, at = own->base; at && i < MAX_BASES; i++) {
		const struct trace_class *base = trace_class(m->trace, at);

		if (!(base->flags & PTF_CLASS_HEAP) || !same_package(own, base))
			break;
		top = at;
		at = base->base;
	}
	return top;
}

static void add_member(struct class_family *f, const struct py_life *l, const struct detect *d)
{
	const struct class_stats *s = l->class.stats;
	struct class_stats sum = f->stats, *to = &f->stats;

	if (!f->n_members++ || s->built > f->life.class.stats->built) {
		f->life = *l;
		*to = *s;
		f->life.class.stats = to;
	}
	f->needed += (double)costly_life_needed(l, d);
	if (f->n_members == 1)
		return;
	bool is_largest = to->class_id == s->class_id;
	const struct class_stats *other = is_largest ? &sum : s;

	to->built += other->built;
	to->freed += other->freed;
	to->freed_in_gc += other->freed_in_gc;
	to->live += other->live;
	to->constructions += other->constructions;
	to->slow_calls += other->slow_calls;
	to->slow_calls_with_cpu += other->slow_calls_with_cpu;
	to->slow_ns += other->slow_ns;
	to->slow_cpu_ns += other->slow_cpu_ns;
	to->slow_ns_with_cpu += other->slow_ns_with_cpu;
	to->slow_waiting_ns += other->slow_waiting_ns;
	to->ctor_events += other->ctor_events;
	to->ctor_bytes += other->ctor_bytes;
}

void class_family_init(struct class_family *f, const struct model *m,
                       const struct costly_classes *l, uint32_t base, const struct detect *d)
{
	*f = (struct class_family){.base = base};
	for (uint32_t i = 0; i < l->n; i++)
		if (class_family_base(m, l->life[i].class.stats->class_id) == base)
			add_member(f, &l->life[i], d);
	f->stats.name = trace_class(m->trace, base)->name;
	f->stats.class_id = base;
}
