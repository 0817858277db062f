/*
 * See growth_trend.h.  Whether it rises is asked over events, not over time: a program that waits, or that the
 * machine makes wait, does not grow while it waits, which does not make it any better.  Time decides whether the
 * growth goes on for long enough, and there what the machine may have done to the program must not
 * count: in a run of 30 ms a table is filled in 3 ms, or in 15 if another program had the core.
 */
#include "growth_trend.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define MIN_MOMENTS 6u     /* fewer say nothing about a trend */
#define PAUSE_NS 50000000u /* for which the machine may stop a program, once in a while */
#define PAUSES_NS 300e6    /* and all in all, where the CPU time shows that it had to wait */
#define CLOCK_ROUNDS 40u   /* of bisection */
#define LATE 0.875         /* of the run: its last part */
#define COARSE 4u          /* moments to a step, seen from afar */
#define FULL_SHARE 0.97    /* of the most that was ever live */

/* Squared correlation of two lines. */
static double together(const uint64_t *x, const uint64_t *y, uint32_t n)
{
	double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
	for (uint32_t i = 0; i < n; i++) {
		double a = (double)x[i], b = (double)y[i];
		sx += a;
		sy += b;
		sxx += a * a;
		syy += b * b;
		sxy += a * b;
	}
	double vx = n * sxx - sx * sx, vy = n * syy - sy * sy, c = n * sxy - sx * sy;
	return vx > 0 && vy > 0 ? c * c / (vx * vy) : 0;
}

/* How straight a line is. */
static double fit(const uint64_t *y, uint32_t n)
{
	uint64_t index[MODEL_TIMES];
	for (uint32_t i = 0; i < n; i++)
		index[i] = i;
	return together(index, y, n);
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

/* Moments of the line.  A teardown at the end is not part of it: it ends where it is highest. */
static uint32_t moments_before_teardown(const struct group *g, const uint64_t *y)
{
	uint32_t highest = 0;
	if (g->teardown_frees * 2 < g->allocs)
		return MODEL_TIMES;
	for (uint32_t i = 1; i < MODEL_TIMES; i++)
		if (y[i] >= y[highest])
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
	return n - 1;
}

/* Looking at each step-th moment. */
static double share_of_rises(const uint64_t *y, uint32_t first, uint32_t last, uint32_t step)
{
	uint32_t up = 0, moments = 0;
	for (uint32_t i = first + step; i <= last; i += step, moments++)
		up += y[i] > y[i - step];
	return moments >= MIN_MOMENTS ? (double)up / moments : 0;
}

static uint32_t first_moment(const uint64_t *y, uint32_t n)
{
	uint32_t first = 0;
	while (first + 1 < n && !y[first + 1])
		first++;
	return first;
}

/* When the program's own code first allocated: before that the loader and the libraries were at work,
 * which in a short run is most of it. */
static uint64_t own_start_ns(const struct groups *gs)
{
	uint64_t start = gs->model->duration_ns;
	for (uint32_t i = 0; i < gs->n; i++)
		if (!gs->list[i].is_library && gs->list[i].first_alloc_ns < start)
			start = gs->list[i].first_alloc_ns;
	return start;
}

/* Moments of y at which the longest stretch without a change begins and ends. */
static void longest_rest(const uint64_t *y, uint32_t first, uint32_t last, uint32_t *from,
                         uint32_t *to)
{
	*from = *to = first;
	for (uint32_t i = first, k; i < last; i = k) {
		for (k = i + 1; k < last && y[k] == y[i]; k++)
			;
		if (k - 1 - i > *to - *from) {
			*from = i;
			*to = k - 1;
		}
	}
}

/* Wall time of the run in which it had no CPU, ns; 0: not known. */
static double waited_ns(const struct model *m)
{
	double cpu = m->process->has_run ? (double)m->process->run.cpu_ns : (double)m->duration_ns;
	return fmin(fmax((double)m->duration_ns - cpu, 0), PAUSES_NS);
}

/* The line over time, up to the teardown, without the pauses for which the machine may have stopped the
 * program while the group was growing, the longest first.  Returns the number of moments. */
static uint32_t line_over_time(const struct model *m, const struct group *g, uint64_t *line)
{
	uint32_t n = moments_before_teardown(g, g->live_bytes_at), from, to;
	double moment_ns = (double)m->duration_ns / MODEL_TIMES + 1;
	double left_ns = fmax(PAUSE_NS, waited_ns(m));

	memcpy(line, g->live_bytes_at, n * sizeof *line);
	while (left_ns > 0) {
		longest_rest(line, first_moment(line, n), moment_of_fullness(line, n), &from, &to);
		if (to == from)
			break;
		if ((to - from) * moment_ns > left_ns)
			to = from + (uint32_t)(left_ns / moment_ns) + 1;
		left_ns -= (to - from) * moment_ns;
		memmove(line + from, line + to, (n - to) * sizeof *line);
		n -= to - from;
	}
	return n;
}

/* Moments after the growth.  They count by the CPU time that the run had on the mean: a program that the
 * machine stopped just before its end is none that had long done growing. */
static double moments_of_rest(const struct model *m, const struct group *g)
{
	const uint64_t *y = g->live_bytes_at;
	double moments = MODEL_TIMES - moment_of_fullness(y, moments_before_teardown(g, y));
	return moments * (1 - waited_ns(m) / ((double)m->duration_ns + 1));
}

static void growth_trend_over_time(const struct groups *gs, const struct group *g,
                                   struct growth_trend *r)
{
	uint64_t y[MODEL_TIMES];
	const struct model *m = gs->model;
	uint32_t n = line_over_time(m, g, y);
	double grew = moment_of_fullness(y, n) - first_moment(y, n);
	double before = (double)own_start_ns(gs) * MODEL_TIMES / ((double)m->duration_ns + 1);
	double since = fmax(first_moment(y, n) - before, 0);

	r->spread = grew > 0 ? grew / (since + grew + moments_of_rest(m, g)) : 0;
	r->rest_ns = (double)m->duration_ns * (n - 1 - moment_of_fullness(y, n)) / MODEL_TIMES;
}

/* ---- fast or slow at the end ---- */

#define CLOCK_ENDS (GROUPS_CLOCK + 1u) /* the last one is the end of the run */

/*
 * Times of the events n * (k + 1) / GROUPS_CLOCK and of the end, as if the machine had not stopped the program: no
 * gap counts for more than `longest`, which is chosen so that all of them come to the CPU time of the run.
 */
static void steady_clock(const struct groups *gs, double clock[CLOCK_ENDS])
{
	double gap[CLOCK_ENDS], least = 0, most = 0, last = 0;
	double duration = (double)gs->model->duration_ns, waited = waited_ns(gs->model);

	for (uint32_t k = 0; k < CLOCK_ENDS; k++) {
		double now = k < GROUPS_CLOCK ? (double)gs->clock_ns[k] : duration;
		gap[k] = fmax(now - last, 0);
		most = fmax(most, gap[k]);
		last = fmax(now, last);
	}

	double longest = most;
	for (uint32_t round = 0; round < CLOCK_ROUNDS && waited > 0; round++) {
		double all = 0;
		longest = (least + most) / 2;
		for (uint32_t k = 0; k < CLOCK_ENDS; k++)
			all += fmin(gap[k], longest);
		*(all > duration - waited ? &most : &least) = longest;
	}

	for (uint32_t k = 0; k < CLOCK_ENDS; k++)
		clock[k] = (k ? clock[k - 1] : 0) + fmin(gap[k], longest);
}

/* Bytes of the line at a time, between two of its moments. */
static double line_at(const uint64_t *y, const double *at, uint32_t n, double time)
{
	for (uint32_t i = 1; i < n; i++)
		if (at[i] >= time && at[i] > at[i - 1])
			return (double)y[i - 1] + ((double)y[i] - (double)y[i - 1]) *
			                                  (time - at[i - 1]) / (at[i] - at[i - 1]);
	return (double)y[n - 1];
}

static void growth_trend_by_clock(const struct groups *gs, const struct group *g,
                                  struct growth_trend *r)
{
	const uint64_t *y = g->live_bytes_by_event;
	uint32_t n = moments_before_teardown(g, y), first = first_moment(y, n);
	double clock[CLOCK_ENDS], at[MODEL_TIMES];

	steady_clock(gs, clock);
	for (uint32_t i = 0; i < MODEL_TIMES; i++)
		at[i] = clock[(i + 1) * (GROUPS_CLOCK / MODEL_TIMES) - 1];
	double middle = line_at(y, at, n, (at[first] + at[n - 1]) / 2);
	double early = middle - (double)y[first], late = (double)y[n - 1] - middle;
	r->first_half = late > 0 ? early / late : early > 0 ? 1e9 : 0;
	r->late_bytes = line_at(y, at, MODEL_TIMES, LATE * clock[GROUPS_CLOCK]);
}

struct growth_trend growth_trend_of(const struct groups *gs, const struct group *g)
{
	struct growth_trend r = {0};
	const uint64_t *y = g->live_bytes_by_event;
	uint32_t n = moments_before_teardown(g, y), first = first_moment(y, n),
		 last = moment_of_fullness(y, n);
	double fine = share_of_rises(y, first, last, 1);
	double coarse = share_of_rises(y, first, last,
	                               COARSE); /* what grows in bursts rests between them */

	r.rises = fine > coarse ? fine : coarse;
	r.r2 = fit(y + first, n - first);
	r.spread_by_event = (double)(last - first) / MODEL_TIMES;
	growth_trend_over_time(gs, g, &r);
	growth_trend_by_clock(gs, g, &r);
	r.lifetime_share = g->frees ? p99_lifetime_ns(gs->model, g) / (double)gs->model->duration_ns
	                            : 0;
	return r;
}

#define MAY_R2 0.5 /* far below what any detector asks for */
#define WIDEST_GAP \
	0.125 /* of the events, between two moments that say enough of what lies between */

/* Events so far at the model's moments; false: some lie too far apart. */
static bool events_at_moments(const struct model *m, uint64_t *events)
{
	double all = (double)m->totals.allocs + (double)m->totals.frees, before = 0;

	for (uint32_t i = 0; i < MODEL_TIMES; i++) {
		uint32_t point = (i + 1) * MODEL_TIMELINE / MODEL_TIMES;
		const struct model_point *p = &m->timeline[point ? point - 1 : 0];
		events[i] = p->allocs + p->frees;
		if ((double)events[i] - before > WIDEST_GAP * all)
			return false;
		before = (double)events[i];
	}
	return all - before <= WIDEST_GAP * all;
}

bool growth_trend_may_rise(const struct groups *gs, const struct group *g)
{
	uint64_t events[MODEL_TIMES], y[MODEL_TIMES] = {0}, peak_blocks = 0;

	for (uint32_t k = 0; k < g->n_sites; k++) {
		const struct site *s = &gs->model->sites[g->sites[k]];
		peak_blocks += s->peak_live_blocks;
		for (uint32_t i = 0; i < MODEL_TIMES; i++)
			y[i] += site_live_bytes_at(s, i);
	}
	/* So many blocks could be a teardown, which the line does not include. */
	if (peak_blocks * 2 >= g->allocs || !events_at_moments(gs->model, events))
		return true;
	uint32_t first = first_moment(y, MODEL_TIMES);
	return MODEL_TIMES - first < MIN_MOMENTS ||
	       together(events + first, y + first, MODEL_TIMES - first) >= MAY_R2;
}

bool growth_trend_is_steady(const struct growth_trend *r, double min_rises, double min_spread)
{
	return r->rises >= min_rises && r->spread >= min_spread;
}

bool growth_trend_rest_is_noise(const struct growth_trend *r)
{
	return r->rest_ns <= PAUSE_NS;
}

#define INDEX_MIN_BYTES 4u /* of a table for each block that it finds */
#define INDEX_MAX_BYTES 64u
#define INDEX_MAX_STEPS 64u /* tables that a growing one has been */
#define SAME_COURSE 0.98    /* squared correlation of two lines that are one story */

/* A table that was enlarged, again and again, to a few bytes for each of so many blocks. */
static bool is_index(const struct site *s, uint64_t n_blocks)
{
	uint64_t reallocs = site_reallocs(s)->calls;
	uint64_t steps = s->allocs > reallocs ? s->allocs : reallocs;
	bool replaced = steps >= 4 && steps <= INDEX_MAX_STEPS && s->frees + 2 >= s->allocs;
	return s->domain == PTF_DOMAIN_C && replaced &&
	       s->max_size_bytes >= INDEX_MIN_BYTES * (n_blocks + 1) &&
	       s->max_size_bytes <= INDEX_MAX_BYTES * (n_blocks + 1);
}

uint64_t growth_trend_index_bytes(const struct groups *gs, const struct group *g)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < gs->model->n_sites; i++) {
		const struct site *s = &gs->model->sites[i];
		if (is_index(s, g->peak_live) && !group_has_site(g, i) && s->max_size_bytes > most)
			most = s->max_size_bytes;
	}
	return most;
}

bool growth_trend_has_index(const struct groups *gs, const struct group *g)
{
	return growth_trend_index_bytes(gs, g) > 0;
}

/* It grows as a store with an index does: by chunks of its entries. */
static bool is_part_of_store(const struct groups *gs, const struct group *g)
{
	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++) {
		const struct group *h = &gs->list[i];
		if (h != g && h->live_blocks * 2 >= h->allocs && h->peak_live >= g->peak_live &&
		    together(g->live_bytes_by_event, h->live_bytes_by_event, MODEL_TIMES) >=
		            SAME_COURSE &&
		    growth_trend_has_index(gs, h))
			return true;
	}
	return false;
}

bool growth_trend_is_named(const struct group *g)
{
	return g->symbol->line || !strstr(g->symbol->function, "+0x");
}

/* What people call functions that keep things, and how such a word may go on.  A hint, asked last. */
static const char *const store_words[] = {"cache", "memo",     "intern",   "lookup", "insert",
                                          "store", "remember", "register", NULL};
static const char *const store_endings[] = {"", "s", "d", "ed", "ize", "ized", NULL};

/* A word within a name begins after what is no letter, or with its first capital letter. */
static bool is_word_begin(const char *name, const char *at)
{
	return at == name || !isalpha((unsigned char)at[-1]) ||
	       (isupper((unsigned char)*at) && islower((unsigned char)at[-1]));
}

static bool has_word(const char *name, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = strcasestr(name, word); at; at = strcasestr(at + 1, word))
		for (const char *const *e = store_endings; is_word_begin(name, at) && *e; e++)
			if (!strncmp(at + n, *e, strlen(*e)) &&
			    !islower((unsigned char)at[n + strlen(*e)]))
				return true;
	return false;
}

static bool has_a_word(const char *function, const char *const *words)
{
	for (; *words; words++)
		if (has_word(function, *words))
			return true;
	return false;
}

bool growth_trend_is_store_name(const char *function)
{
	return has_a_word(function, store_words);
}

bool growth_trend_is_named_after(const struct groups *gs, const struct group *g,
                                 const char *const *words)
{
	struct stack_view v = model_site_stack(gs->model, &gs->model->sites[g->sites[0]]);
	for (uint32_t i = 0; i < v.n; i++)
		if (has_a_word(v.frames[i]->function, words))
			return true;
	return false;
}

bool growth_trend_is_named_store(const struct groups *gs, const struct group *g)
{
	return growth_trend_is_named_after(gs, g, store_words);
}

bool growth_trend_is_store(const struct groups *gs, const struct group *g,
                           const struct growth_trend *r)
{
	bool torn_down = g->teardown_frees * 2 >= g->allocs;
	bool levels_off = r->first_half >= 1.25;
	return torn_down || levels_off || growth_trend_has_index(gs, g) ||
	       is_part_of_store(gs, g) || growth_trend_is_named_store(gs, g);
}
