/*
 * See measure.h.
 */
#include "simulate/measure.h"

#include <math.h>
#include <stdlib.h>

#include "detect/plan.h"
#include "util/stopwatch.h"
#include "util/mem.h"

#define MIN_RUNS 3u
#define MIN_LONG_RUNS 2u /* where two of each have spent LONG_BUDGETS */
#define LONG_BUDGETS 4
#define MAX_RUNS 9u

/* ---- one window ---- */

/* Runs of one variant. */
struct series {
	struct ops_result best;
	double best_ms, second_ms;
	unsigned n;
};

static int series_run(struct series *s, int fd, const struct replay_variant *v, bool fenced)
{
	struct ops_result r;

	if (child_replay(fd, v->role, fenced, false, &v->setting, &r))
		return -1;
	double ms = (double)r.cpu_ns / 1e6;
	if (!s->n || ms < s->best_ms) {
		s->second_ms = s->n ? s->best_ms : ms;
		s->best_ms = ms;
		s->best = r;
	} else if (s->n == 1 || ms < s->second_ms) {
		s->second_ms = ms;
	}

	s->n++;
	return 0;
}

/* Plain before and after, serialised before and after. */
struct sample {
	struct series series[4];
	struct ops_result before, after; /* counted */
};

static int count_window(const struct ops_window *x, const struct replay_variant v[2],
                        struct sample *out)
{
	if (child_replay(x->fd, v[0].role, false, true, &v[0].setting, &out->before) ||
	    child_replay(x->fd, v[1].role, false, true, &v[1].setting, &out->after))
		return -1;
	return 0;
}

/* Whether to run each variant once more, after n.  The longer a run, the less of it is noise. */
static bool wants_run(unsigned n, unsigned least, uint64_t start_ns, double budget_ms)
{
	double budgets = (double)(clock_ns() - start_ns) / 1e6 / budget_ms;
	if (n < least)
		return n < MIN_LONG_RUNS || budgets < LONG_BUDGETS;
	return n < MAX_RUNS && budgets < 1;
}

static int time_window(const struct ops_window *x, const struct replay_variant v[2],
                       double budget_ms, struct sample *out)
{
	unsigned least = out->series[0].n ? 1 : MIN_RUNS;
	uint64_t start = clock_ns();
	for (unsigned i = 0; wants_run(i, least, start, budget_ms); i++)
		for (unsigned k = 0; k < 4; k++)
			if (series_run(&out->series[k], x->fd, &v[k & 1], k >= 2))
				return -1;
	return 0;
}

/* ---- from windows to the run ---- */

/* Of Student's t, two-sided 95 %, by degrees of freedom. */
static double student(uint32_t freedom)
{
	static const double t[] = {12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26};
	const uint32_t n = sizeof t / sizeof *t;
	return t[freedom - 1 < n ? freedom - 1 : n - 1];
}

double extrapolate(const double *value, const double *weight, uint32_t n, double all, double *error)
{
	double sum = 0, weights = 0, squares = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += value[i];
		weights += weight[i];
	}

	*error = 0;
	if (n < 2 || weights <= 0)
		return sum;
	double ratio = sum / weights, mean = weights / n;
	for (uint32_t i = 0; i < n; i++) {
		double off = value[i] - ratio * weight[i];
		squares += off * off;
	}

	double unseen = weights < all ? 1 - weights / all : 0;
	*error = student(n - 1) * sqrt(squares / (n - 1) / n * unseen) / mean * all;
	return ratio * all;
}

/* Ops of these that the variant changes: those of its role, of all roles, or simply all. */
static double changed_ops(const struct opstream *s, const uint64_t *n_role, uint64_t all, int role)
{
	double n = 0;
	if (role < 0)
		return (double)all;
	for (uint32_t r = 1; r < OPS_ROLES; r++)
		if (s->window[0].header->roles[r].policy != POLICY_NONE &&
		    (!role || r == (uint32_t)role))
			n += (double)n_role[r];
	return n;
}

struct replay_session {
	const struct opstream *s;
	struct replay_variant variant[2];
	double spent_ms;
	struct sample sample[OPS_WINDOWS];
	double weight[OPS_WINDOWS], n_ops[OPS_WINDOWS]; /* changed ops, all ops */
	double changed;                                 /* of the run */
};

static double run_of(const struct replay_session *r, const double *value, double *error)
{
	return extrapolate(value, r->weight, r->s->n_windows, r->changed, error);
}

/* A number of a whole window. */
static double run_of_all(const struct replay_session *r, const double *value)
{
	double error;
	return extrapolate(value, r->n_ops, r->s->n_windows, (double)r->s->n_ops, &error);
}

static void weigh(struct replay_session *r, int role)
{
	const struct opstream *s = r->s;
	double replayed = 0;

	for (uint32_t k = 0; k < s->n_windows; k++) {
		const struct ops_header *h = s->window[k].header;
		r->n_ops[k] = h ? (double)(h->n_ops - h->n_setup) : 0;
		r->weight[k] = h ? changed_ops(s, s->window[k].n_role, h->n_ops - h->n_setup, role)
		                 : 0;
		replayed += r->weight[k];
	}

	r->changed = changed_ops(s, s->n_role, s->n_ops, role);
	if (!opstream_is_windowed(s))
		r->changed = replayed;
}

static void time_saved(const struct replay_session *r, struct replay_pair *out)
{
	double plain[OPS_WINDOWS], fenced[OPS_WINDOWS], before[OPS_WINDOWS], errors[2], noise = 0,
											seen = 0;

	for (uint32_t k = 0; k < r->s->n_windows; k++) {
		const struct series *v = r->sample[k].series;
		double spread = 0;
		plain[k] = v[0].best_ms - v[1].best_ms;
		fenced[k] = v[2].best_ms - v[3].best_ms;
		before[k] = v[0].best_ms;
		for (unsigned i = 0; i < 4; i++)
			spread = fmax(spread, v[i].second_ms - v[i].best_ms);
		noise += spread * spread;
		seen += r->weight[k];
	}

	out->plain_ms = run_of(r, plain, &errors[0]);
	out->fenced_ms = run_of(r, fenced, &errors[1]);
	out->before_ms = run_of_all(r, before);
	out->error_ms = fmax(errors[0], errors[1]);
	out->replayed_share = r->changed > 0 ? seen / r->changed : 1;
	out->noise_ms = sqrt(noise) / (out->replayed_share > 0 ? out->replayed_share : 1);
	out->n_runs = r->sample[0].series[0].n;
}

static void measure_take_larger(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

/* Peaks are the largest of any window, the rest is extrapolated. */
static void combine(const struct replay_session *r, bool counted, bool after,
                    struct ops_result *out)
{
	double calls[OPS_WINDOWS], faults[OPS_WINDOWS], cpu_ns[OPS_WINDOWS];

	for (uint32_t k = 0; k < r->s->n_windows; k++) {
		const struct sample *x = &r->sample[k];
		const struct ops_result *one = counted ? (after ? &x->after : &x->before)
		                                       : &x->series[after].best;
		if (!k)
			*out = *one;
		calls[k] = (double)one->calls;
		faults[k] = (double)one->page_faults;
		cpu_ns[k] = (double)one->cpu_ns;
		measure_take_larger(&out->requested_peak, one->requested_peak);
		measure_take_larger(&out->heap_peak, one->heap_peak);
	}

	out->calls = (uint64_t)llround(run_of_all(r, calls));
	out->page_faults = (uint64_t)llround(run_of_all(r, faults));
	out->cpu_ns = (uint64_t)llround(run_of_all(r, cpu_ns));
}

/* The window around the peak, where there is one, knows the peaks best. */
static int measure_count_peak(const struct replay_session *x, struct replay_pair *out)
{
	const struct ops_window *window = &x->s->window[x->s->n_windows];
	struct sample peak = {.series = {{.n = 0}}};
	if (!opstream_is_windowed(x->s) || !window->header)
		return 0;
	if (count_window(window, x->variant, &peak))
		return -1;
	out->before.requested_peak = peak.before.requested_peak;
	out->after.requested_peak = peak.after.requested_peak;
	measure_take_larger(&out->timed_before.heap_peak, peak.before.heap_peak);
	measure_take_larger(&out->timed_after.heap_peak, peak.after.heap_peak);
	return 0;
}

struct replay_session *session_begin(const struct opstream *s, const struct replay_variant *before,
                                     const struct replay_variant *after)
{
	struct replay_session *x = mem_zalloc(1, sizeof *x);

	x->s = s;
	x->variant[0] = *before;
	x->variant[1] = *after;
	/* The same calls under another setting: each may cost something else. */
	weigh(x, after->role == before->role ? -1 : after->role);
	for (uint32_t k = 0; k < s->n_windows; k++)
		if (!s->window[k].header ||
		    count_window(&s->window[k], x->variant, &x->sample[k])) {
			free(x);
			return NULL;
		}

	return x;
}

int session_run(struct replay_session *x, double budget_ms)
{
	uint64_t start = clock_ns();
	for (uint32_t k = 0; k < x->s->n_windows; k++)
		if (time_window(&x->s->window[k], x->variant, budget_ms / x->s->n_windows,
		                &x->sample[k]))
			return -1;
	x->spent_ms += (double)(clock_ns() - start) / 1e6;
	return 0;
}

int session_tell(const struct replay_session *x, struct replay_pair *out)
{
	*out = (struct replay_pair){.n_windows = x->s->n_windows, .spent_ms = x->spent_ms};
	time_saved(x, out);
	combine(x, true, false, &out->before);
	combine(x, true, true, &out->after);
	combine(x, false, false, &out->timed_before);
	combine(x, false, true, &out->timed_after);
	return measure_count_peak(x, out);
}

void session_end(struct replay_session *x)
{
	free(x);
}

int replay_measure(const struct opstream *s, const struct replay_variant *before,
                   const struct replay_variant *after, double budget_ms, struct replay_pair *out)
{
	struct replay_session *x = session_begin(s, before, after);
	int result = x && session_run(x, budget_ms) == 0 ? session_tell(x, out) : -1;
	session_end(x);
	return result;
}

double replay_calls_ms(const struct opstream *s, const struct replay_variant *variant)
{
	const struct replay_variant none = {ROLE_EMPTY, variant->setting};
	struct replay_session r = {.s = s};
	double cost[OPS_WINDOWS];

	weigh(&r, -1);
	for (uint32_t k = 0; k < s->n_windows; k++) {
		struct series v = {.n = 0}, empty = {.n = 0};
		for (unsigned i = 0; i < MIN_RUNS; i++)
			if (!s->window[k].header ||
			    series_run(&v, s->window[k].fd, variant, false) ||
			    series_run(&empty, s->window[k].fd, &none, false))
				return -1;
		cost[k] = fmax(v.best_ms - empty.best_ms, 0);
	}

	return run_of_all(&r, cost);
}
