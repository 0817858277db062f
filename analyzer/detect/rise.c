/*
 * See rise.h.  The moments are the model's 32 equidistant ones; those at which the whole process did
 * not allocate since the one before (it slept, or the machine was busy elsewhere) say nothing.
 */
#include "detect/rise.h"

#include <string.h>

#define MIN_MOMENTS 6u  /* fewer say nothing about a trend */
#define COARSE 4u       /* moments to a step, seen from afar */
#define FULL_SHARE 0.97 /* of the most that was ever live */
#define IDLE_SHARE 0.1  /* of the mean number of events between moments */

/* Squared correlation of y with x. */
static double fit(const double *x, const uint64_t *y, uint32_t n)
{
	double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
	for (uint32_t i = 0; i < n; i++) {
		double v = (double)y[i];
		sx += x[i];
		sy += v;
		sxx += x[i] * x[i];
		syy += v * v;
		sxy += x[i] * v;
	}
	double vx = n * sxx - sx * sx, vy = n * syy - sy * sy, c = n * sxy - sx * sy;
	return vx > 0 && vy > 0 ? c * c / (vx * vy) : 0;
}

/* How many events the process had seen at each moment. */
static void clock_of_events(const struct model *m, double x[MODEL_TIMES])
{
	uint32_t k = 0;
	for (uint32_t i = 0; i < MODEL_TIMES; i++) {
		while (k + 1 < m->n_timeline && m->timeline[k].time_ns < m->times_ns[i])
			k++;
		x[i] = m->n_timeline ? (double)(m->timeline[k].allocs + m->timeline[k].frees) : i;
	}
}

static double p99_lifetime_ns(const struct model *m, const struct group *g)
{
	struct hist all = {0};
	for (uint32_t i = 0; i < g->n_sites; i++)
		hist_merge(&all, &m->sites[g->sites[i]].lifetime_ns);
	double p99 = (double)hist_quantile(&all, 0.99);
	hist_release(&all);
	return p99;
}

/* A teardown at the end is not part of the line, which then ends where it is highest. */
static uint32_t moments_before_teardown(const struct group *g)
{
	uint32_t highest = 0;
	if (g->teardown_frees * 2 < g->allocs)
		return MODEL_TIMES;
	for (uint32_t i = 1; i < MODEL_TIMES; i++)
		if (g->live_bytes_at[i] >= g->live_bytes_at[highest])
			highest = i;
	return highest + 1;
}

/* The moment by which nearly all of what there ever was is there.  The time of the very last blocks
 * says nothing: without a stamp of their own they may seem to lie anywhere in the pause that follows. */
static uint32_t moment_of_fullness(const uint64_t *y, uint32_t n)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < n; i++)
		most = y[i] > most ? y[i] : most;
	for (uint32_t i = 0; i < n; i++)
		if ((double)y[i] >= FULL_SHARE * (double)most)
			return i;
	return n;
}

/* Looking at each step-th moment.  Moments between which the process did next to nothing (it slept, it
 * waited for a core) do not count. */
static double share_of_rises(const double *x, const uint64_t *y, uint32_t first, uint32_t last,
                             uint32_t step)
{
	uint32_t up = 0, moments = 0;
	double idle = last > first ? IDLE_SHARE * step * (x[last] - x[first]) / (last - first) : 0;
	for (uint32_t i = first + step; i <= last; i += step) {
		if (x[i] - x[i - step] <= idle)
			continue;
		moments++;
		up += y[i] > y[i - step];
	}
	return moments >= MIN_MOMENTS ? (double)up / moments : 0;
}

struct rise rise_of(const struct model *m, const struct group *g)
{
	struct rise r = {0};
	const uint64_t *y = g->live_bytes_at;
	uint32_t n = moments_before_teardown(g), first = 0, last = moment_of_fullness(y, n);
	double x[MODEL_TIMES];
	clock_of_events(m, x);
	while (first + 1 < n && m->times_ns[first] < g->first_alloc_ns)
		first++;
	if (last >= n)
		last = n - 1;
	double fine = share_of_rises(x, y, first, last, 1);
	double coarse = share_of_rises(x, y, first, last,
	                               COARSE); /* what grows in bursts rests between them */
	r.rises = fine > coarse ? fine : coarse;
	r.r2 = fit(x + first, y + first, n - first);
	double early = (double)y[n / 2] - (double)y[0], late = (double)y[n - 1] - (double)y[n / 2];
	r.first_half = late > 0 ? early / late : early > 0 ? 1e9 : 0;
	double run = m->duration_ns ? (double)m->duration_ns : 1;
	r.spread = last > first ? (double)(m->times_ns[last] - m->times_ns[first]) / run : 0;
	r.lifetime_share = g->frees ? p99_lifetime_ns(m, g) / run : 0;
	return r;
}

bool rise_is_steady(const struct rise *r, double min_rises, double min_spread)
{
	return r->rises >= min_rises && r->spread >= min_spread;
}

bool rise_has_index(const struct groups *gs, const struct group *g)
{
	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++) {
		const struct group *t = &gs->list[i];
		if (t == g || t->allocs < 4 || t->allocs > 64 || t->frees + 2 < t->allocs)
			continue;
		double per_block = (double)t->max_size_bytes / (double)(g->peak_live + 1);
		if (per_block >= 4 && per_block <= 64)
			return true;
	}
	return false;
}

/* What people call functions that keep things.  A hint, and asked last. */
static const char *const store_words[] = {
	"cache", "memo",   "intern", "lookup", "insert",   "remember", "register", "store", "Cache",
	"Memo",  "Intern", "Lookup", "Insert", "Remember", "Register", "Store",    NULL};

bool rise_is_named_store(const struct groups *gs, const struct group *g)
{
	struct stack_view v = model_site_stack(gs->model, &gs->model->sites[g->sites[0]]);
	for (uint32_t i = 0; i < v.n; i++)
		for (const char *const *w = store_words; *w; w++)
			if (strcmp(v.frames[i]->function, "main") &&
			    strstr(v.frames[i]->function, *w))
				return true;
	return false;
}

bool rise_is_store(const struct groups *gs, const struct group *g, const struct rise *r)
{
	bool torn_down = g->teardown_frees * 2 >= g->allocs;
	bool levels_off = r->first_half >= 1.25;
	return torn_down || levels_off || rise_has_index(gs, g) || rise_is_named_store(gs, g);
}
