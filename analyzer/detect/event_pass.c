/* See event_pass.h. */
#include "event_pass.h"

#include <stdlib.h>

#include "util/mem.h"

#define MAX_OBSERVERS 6u

struct event_pass *event_pass_new(const struct model *m, const struct detect *d)
{
	struct event_pass *l = mem_zalloc(1, sizeof *l);

	l->m = m;
	l->groups = groups_new(m);
	l->heap = py_heap_new(m);
	costly_class_init(&l->lives, l->m, d, l->heap->census);
	return l;
}

void event_pass_make(struct event_pass *l, const struct detect *d)
{
	struct model_observer observers[MAX_OBSERVERS];
	uint32_t n = 0;

	if (l->is_made)
		return;
	l->is_made = true;
	n += groups_watch(l->groups, &observers[n]);
	if (detect_wants(d, "bundle"))
		n += companions_watch(&l->companions, l->groups, d, &observers[n]);
	if (detect_wants(d, "segregate"))
		n += post_peak_snapshot_watch(&l->low, l->m, d, &observers[n]);
	n += costly_class_watch(&l->lives, l->m, d, &observers[n]);
	n += py_heap_watch(l->heap, &observers[n]);
	n += setups_watch(&l->setups, &l->lives, l->m, d, &observers[n]);
	if (n) {
		observers[0].what = "looking at how blocks live";
		model_scan(l->m, observers, n);
	}

	groups_watched(l->groups);
	costly_class_watched(&l->lives);
	setups_watched(&l->setups);
	py_heap_watched(l->heap);
}

const struct event_pass *detect_event_pass(const struct detect *d)
{
	event_pass_make(d->pass, d);
	return d->pass;
}

const struct groups *detect_groups(const struct detect *d)
{
	return d->pass->groups;
}

void event_pass_free(struct event_pass *l)
{
	if (!l)
		return;
	groups_free(l->groups);
	companions_release(&l->companions);
	post_peak_snapshot_release(&l->low);
	costly_class_release(&l->lives);
	setups_release(&l->setups);
	py_heap_free(l->heap);
	free(l);
}
