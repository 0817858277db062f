/* See look.h. */
#include "detect/look.h"

#include <stdlib.h>

#include "util/mem.h"

#define MAX_OBSERVERS 3u

struct look *look_new(const struct model *m, const struct detect *d)
{
	struct look *l = mem_zalloc(1, sizeof *l);
	struct model_observer observers[MAX_OBSERVERS];
	uint32_t n = 0;
	l->groups = groups_new(m);
	py_lives_init(&l->lives, m, d);
	n += groups_watch(l->groups, &observers[n]);
	n += low_moment_watch(&l->low, m, d, &observers[n]);
	n += py_lives_watch(&l->lives, m, d, &observers[n]);
	if (n) {
		observers[0].what = "looking at how blocks live";
		model_replay(m, observers, n);
	}
	groups_watched(l->groups);
	py_lives_watched(&l->lives);
	return l;
}

void look_free(struct look *l)
{
	if (!l)
		return;
	groups_free(l->groups);
	low_moment_release(&l->low);
	py_lives_release(&l->lives);
	free(l);
}
