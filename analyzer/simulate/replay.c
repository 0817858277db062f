/*
 * See replay.h.
 */
#include "simulate/replay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detect/native/native.h"
#include "simulate/allocator.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/progress.h"

#define MAX_CANDIDATES 10u
#define BUDGET_MS 500.0
#define MOST_FAILED \
	2u /* replays that fail before no other is tried: each may take its limit of time */
#define MIN_OPS 16u /* of shorter traces nothing can be timed */

/* The interval is widened by these: what the same replay gives on another day, and what a policy
 * gains beyond the allocator's time (validated on the corpus by scripts/advise-bench). */
#define WIDEN_LOW 0.65
#define WIDEN_HIGH 1.35
#define MAX_SPREAD 0.25   /* of what the calls cost: beyond that a measurement refutes nothing */
#define NOISY_BUDGETS 3.0 /* to spend on a finding whose gain is within the noise */
#define MAX_BUDGETS 5.0   /* and on one that would pass, or fail, but for the noise */
#define MAX_NOISE 0.3     /* of the gain: beyond that it is the machine's and not the program's */
#define WIDEN_HIGH_REGION 2.2 /* no walk that frees, denser data */

const char *replay_allocator(const struct model *m, const char *chosen)
{
	const char *recorded = m->process->allocator, *known = allocator_known(recorded);
	const struct child_setting setting = {.preload = known};
	if (chosen || !allocator_is_foreign(recorded))
		return chosen;
	if (known && child_has_allocator(&setting))
		return known;

	warning("replayed on the C library's allocator: the program's, '%s', is %s; --allocator "
	        "chooses another",
	        recorded, known ? "not installed here" : "not a known one");
	return NULL;
}

int replay_allocator_check(const char *chosen)
{
	const struct child_setting setting = {.preload = chosen};
	if (strchr(chosen, '/') && access(chosen, R_OK) != 0)
		return error_errno("cannot read '%s'", chosen);
	if (!child_has_allocator(&setting))
		return error("'%s' cannot be preloaded, or has no malloc", chosen);
	return 0;
}

/* ---- from a measurement to a prediction ---- */

static bool is_cpu_only(const struct finding *x)
{
	return x->plan->policy != POLICY_FREE && x->plan->policy != POLICY_BOUND &&
	       !x->plan->retained_at_ns;
}

/* What a region gains beyond other policies, at most. */
static double region_extra_ms(const struct finding *x, const struct replay_pair *r)
{
	double high = fmax(r->plain_ms, r->fenced_ms);
	return x->plan->policy == POLICY_REGION && high > 0
	               ? high * (WIDEN_HIGH_REGION - WIDEN_HIGH)
	               : 0;
}

/* CPU of the untraced run; 0: not known. */
static double run_ms(const struct model *m)
{
	return (double)model_untraced_cpu_ns(m) / 1e6;
}

/* The calls of a run cost no more than the run did.  A replay that says otherwise was hindered more than
 * the program (by other work, or by threads that here do nothing but allocate): it goes by proportion. */
static void fit_to_run(const struct model *m, struct replay_pair *r)
{
	double all_ms = run_ms(m);
	if (all_ms <= 0 || r->before_ms <= all_ms)
		return;
	double scale = all_ms / r->before_ms;
	r->plain_ms *= scale;
	r->fenced_ms *= scale;
	r->noise_ms *= scale;
	r->error_ms *= scale;
}

static struct interval cpu_interval(const struct model *m, const struct replay_pair *r,
                                    double extra_ms)
{
	double all_ms = run_ms(m);
	double low = fmin(r->plain_ms, r->fenced_ms), high = fmax(r->plain_ms, r->fenced_ms);
	double off = fmin(r->noise_ms, MAX_NOISE * fabs(high)) + r->error_ms;
	low = low * (low > 0 ? WIDEN_LOW : WIDEN_HIGH) - off;
	high = high * (high > 0 ? WIDEN_HIGH : WIDEN_LOW) + off;
	high += extra_ms;
	return interval_of(low, all_ms > 0 && high > all_ms ? fmax(all_ms, low) : high);
}

/* At the peak of what was requested. */
static double bytes_saved(const struct replay_pair *r)
{
	return (double)r->before.requested_peak - (double)r->after.requested_peak;
}

static void tell_heap(struct finding *x, const struct replay_pair *r)
{
	finding_add_number(x, "allocator_calls_before", (double)r->before.calls, "");
	finding_add_number(x, "allocator_calls_after", (double)r->after.calls, "");
	if (r->timed_before.heap_peak) {
		finding_add_number(x, "heap_peak_before", (double)r->timed_before.heap_peak,
		                   "bytes");
		finding_add_number(x, "heap_peak_after", (double)r->timed_after.heap_peak, "bytes");
	}
	finding_add_number(x, "page_faults_before", (double)r->timed_before.page_faults, "");
	finding_add_number(x, "page_faults_after", (double)r->timed_after.page_faults, "");
	if (x->plan->retained_at_ns) {
		finding_add_number(x, "heap_retained_before", (double)r->timed_before.heap_retained,
		                   "bytes");
		finding_add_number(x, "heap_retained_after", (double)r->timed_after.heap_retained,
		                   "bytes");
	}
}

static void tell_windows(struct finding *x, const struct replay_pair *r)
{
	finding_add_number(x, "replay_windows", r->n_windows, "");
	finding_add_number(x, "replayed_share", r->replayed_share, "share");
	finding_add_number(x, "window_error_ms", r->error_ms, "ms");
}

/* Calls: of several windows the detector's count is better than what they extrapolate to. */
static void sharpen(const struct model *m, struct finding *x, const struct replay_pair *r)
{
	struct prediction *p = &x->prediction;
	p->tier = TIER_REPLAYED;
	if (x->plan->policy == POLICY_BOUND || x->plan->policy == POLICY_TUNABLE)
		p->allocator_calls_saved.present = false;
	else if (x->plan->policy ==
	         POLICY_RING) /* an interval already: timing decides how many are under way */
		p->allocator_calls_saved.high =
			fmax(p->allocator_calls_saved.high,
		             (double)r->before.calls - (double)r->after.calls);
	else if (r->n_windows == 1)
		p->allocator_calls_saved =
			interval_of((double)r->before.calls - (double)r->after.calls,
		                    (double)r->before.calls - (double)r->after.calls);
	double bytes = bytes_saved(r);
	double beyond = x->plan->policy == POLICY_BOUND
	                        ? p->live_bytes_saved.high - p->live_bytes_saved.low
	                        : 0; /* what shrinks along is not replayed */
	p->live_bytes_saved = interval_of(bytes, bytes + beyond);
	p->cpu_ms_saved.present = false;
	if (is_cpu_only(x)) {
		p->cpu_ms_saved = cpu_interval(m, r, region_extra_ms(x, r));
		double share = p->cpu_ms_saved.low * 1e6 / native_cpu_ns(m);
		x->score = x->confidence * (share > 0 ? share : 0);
	}
	tell_heap(x, r);
	finding_add_number(x, "replays", r->n_runs, "");
	if (r->n_windows > 1)
		tell_windows(x, r);
}

static bool retained_holds_up(const struct model *m, const struct detect *d,
                              const struct replay_pair *r)
{
	double saved = (double)r->timed_before.heap_retained - (double)r->timed_after.heap_retained;
	return !r->timed_before.heap_retained || native_bytes_matter(m, d, saved);
}

/* What the gates say of the CPU time that was measured. */
static enum verdict cpu_verdict(const struct model *m, const struct detect *d,
                                const struct finding *x, const struct replay_pair *r)
{
	if (x->plan->policy == POLICY_TUNABLE &&
	    r->before_ms * 1e6 > NATIVE_TOO_SLOW * native_most_cpu_ns(m))
		return VERDICT_NONE; /* under the default settings it would have cost more than it did: they are not in force */
	struct interval saved = cpu_interval(m, r, region_extra_ms(x, r));
	enum verdict v = native_verdict(m, d, saved.low * 1e6, bytes_saved(r));
	/* The modelled gate has been passed: a measurement just below it is the machine's noise, one
	 * that reaches down to nothing is no gain. */
	double middle = fmin(2 * saved.low, (saved.low + saved.high) / 2);
	if (v == VERDICT_NONE && native_verdict(m, d, middle * 1e6, 0) != VERDICT_NONE)
		return VERDICT_MINOR;
	return v;
}

/* Whether what was measured still passes the gates; changes win to minor or back. */
static bool holds_up(const struct model *m, const struct detect *d, struct finding *x,
                     const struct replay_pair *r)
{
	if (x->plan->retained_at_ns)
		return retained_holds_up(m, d, r);
	if (is_cpu_only(x))
		x->verdict = cpu_verdict(m, d, x, r);
	return x->verdict != VERDICT_NONE;
}

/* ---- one finding ---- */

/* A machine that was busy with something else: the spread is more than the gain. */
static bool is_noisy(const struct replay_pair *r)
{
	return r->noise_ms > fmin(fabs(r->plain_ms), fabs(r->fenced_ms));
}

/* The gates refuse what they would have let pass had the truth been at the interval's other end, or
 * had the replay not been slower than the program. */
static bool is_close(const struct model *m, const struct detect *d, const struct finding *x,
                     const struct replay_pair *r)
{
	if (!is_cpu_only(x) || cpu_verdict(m, d, x, r) != VERDICT_NONE)
		return false;
	struct interval saved = cpu_interval(m, r, region_extra_ms(x, r));
	return native_verdict(m, d, saved.high * 1e6, 0) != VERDICT_NONE;
}

/* So busy that nothing can be said: the spread is a good part of all that the calls cost. */
static bool is_disturbed(const struct model *m, const struct replay_pair *r)
{
	double all_ms = run_ms(m) > 0 ? fmin(run_ms(m), r->before_ms) : r->before_ms;
	return r->noise_ms > MAX_SPREAD * all_ms;
}

static bool wants_more(const struct model *m, const struct detect *d, const struct finding *x,
                       const struct replay_pair *r, double budget_ms)
{
	double budgets = is_noisy(r) ? NOISY_BUDGETS : 0;
	if (is_disturbed(m, r) || (d && is_close(m, d, x, r)))
		budgets = MAX_BUDGETS;
	return r->spent_ms < budgets * budget_ms;
}

/* Runs each variant until the result is clear, or the time is up.  0, or -1 quietly. */
static int measure_surely(const struct model *m, const struct detect *d, const struct opstream *s,
                          const struct finding *x, const struct replay_variant v[2],
                          double budget_ms, struct replay_pair *out)
{
	struct replay_session *session = session_begin(s, &v[0], &v[1]);
	int result;
	if (!session)
		return -1;
	do {
		result = session_run(session, budget_ms) || session_tell(session, out) ? -1 : 0;
		if (!result)
			fit_to_run(m, out);
	} while (!result && wants_more(m, d, x, out, budget_ms));
	session_end(session);
	return result;
}

#define MODELLED_CONFIDENCE 0.5 /* of what it would be */

void replay_leave_modelled(struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct finding *x = f->list[i];
		if (!x->plan || !is_cpu_only(x) || x->prediction.tier != TIER_MODELLED)
			continue;
		if (x->verdict == VERDICT_WIN)
			x->verdict = VERDICT_MINOR;
		x->confidence *= MODELLED_CONFIDENCE;
		x->score *= MODELLED_CONFIDENCE;
	}
}

/* ---- all findings of a trace ---- */

static int by_gain(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	double gx = x->prediction.cpu_ms_saved.present ? x->prediction.cpu_ms_saved.high : 1e9;
	double gy = y->prediction.cpu_ms_saved.present ? y->prediction.cpu_ms_saved.high : 1e9;
	if (gx != gy)
		return gx < gy ? 1 : -1;
	return x->sites[0] < y->sites[0] ? -1 : x->sites[0] > y->sites[0];
}

static uint32_t candidates(const struct findings *f, struct finding **list)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < f->n && n < OPS_ROLES - 1; i++)
		if (f->list[i]->plan && f->list[i]->n_sites && f->list[i]->verdict <= VERDICT_MINOR)
			list[n++] = f->list[i];
	qsort(list, n, sizeof *list, by_gain);
	return n < MAX_CANDIDATES ? n : MAX_CANDIDATES;
}

static struct replay_variant variant_after(const struct finding *x, uint32_t role,
                                           const char *allocator)
{
	if (x->plan->policy == POLICY_TUNABLE)
		return (struct replay_variant){-1, {allocator, x->plan->tunables}};
	return (struct replay_variant){(int)role, {allocator, NULL}};
}

/* All that were accepted, at once: savings are not added up, they overlap. */
static void measure_together(const struct model *m, const struct opstream *s, struct findings *f,
                             double budget_ms, double extra_ms)
{
	struct replay_variant before = {-1, {s->allocator, NULL}},
			      after = {0, {s->allocator, NULL}};
	struct replay_pair r;
	uint32_t n = 0;
	for (uint32_t i = 0; i < f->n; i++)
		if (f->list[i]->prediction.tier == TIER_REPLAYED && f->list[i]->plan) {
			n++;
			if (f->list[i]->plan->policy == POLICY_TUNABLE)
				after.setting.tunables = f->list[i]->plan->tunables;
		}
	if (n < 2 || replay_measure(s, &before, &after, budget_ms, &r))
		return;
	fit_to_run(m, &r);
	struct prediction *p = &f->together;
	f->n_together = n;
	p->tier = TIER_REPLAYED;
	double calls = (double)r.before.calls - (double)r.after.calls;
	double bytes = bytes_saved(&r);
	p->allocator_calls_saved = interval_of(calls, calls);
	p->live_bytes_saved = interval_of(bytes, bytes);
	p->cpu_ms_saved = cpu_interval(m, &r, extra_ms);
}

/* A policy whose effect shows at the end of a run cannot be seen in windows: it stays modelled. */
static bool can_measure(const struct opstream *s, const struct finding *x)
{
	return !opstream_is_windowed(s) || is_cpu_only(x);
}

/* Whether the finding stands; *extra_ms: see region_extra_ms(). */
static bool replay_one(const struct model *m, const struct detect *d, struct opstream *s,
                       struct finding *x, uint32_t role, double budget_ms, double *extra_ms)
{
	struct replay_variant v[2] = {{-1, {s->allocator, NULL}},
	                              variant_after(x, role, s->allocator)};
	struct replay_pair r;
	if (!can_measure(s, x) || s->n_failed >= MOST_FAILED)
		return true;
	if (measure_surely(m, d, s, x, v, budget_ms, &r) < 0) {
		s->n_failed++;
		return true;
	}
	if (r.replayed_share <= 0)
		return true;
	if (d && is_cpu_only(x) && is_disturbed(m, &r) && cpu_verdict(m, d, x, &r) == VERDICT_NONE)
		return true;
	sharpen(m, x, &r);
	bool stands = d ? holds_up(m, d, x, &r) : true;
	if (stands)
		*extra_ms += region_extra_ms(x, &r);
	return stands;
}

static void replay_all(const struct model *m, const struct detect *d, struct findings *f,
                       struct opstream *s, struct finding **list, uint32_t n,
                       const struct replay_setting *setting)
{
	double budget = setting->budget_ms > 0 ? setting->budget_ms : BUDGET_MS, extra_ms = 0;
	progress_begin("replaying");
	for (uint32_t i = 0; i < n; i++) {
		progress_step(list[i]->kind, i, n + 1);
		bool keep = replay_one(m, d, s, list[i], i + 1, budget, &extra_ms);
		if (!keep || list[i]->plan->policy == POLICY_TUNABLE ||
		    list[i]->prediction.tier != TIER_REPLAYED)
			opstream_drop_role(s, i + 1);
		if (!keep)
			findings_remove(f, list[i]);
	}
	progress_step("all together", n, n + 1);
	measure_together(m, s, f, budget, extra_ms);
	progress_end();
}

static int open_stream(struct opstream *s, const struct model *m, struct finding *const *list,
                       uint32_t n, const struct replay_setting *setting)
{
	if (m->totals.allocs < MIN_OPS || !child_path())
		return -1;
	if (opstream_open(s, m, list, n, setting->max_ops ? setting->max_ops : OPS_DEFAULT_MAX) < 0)
		return -1;
	s->allocator = replay_allocator(m, setting->allocator);
	return 0;
}

void replay_findings(const struct model *m, const struct detect *d, struct findings *f,
                     const struct replay_setting *setting)
{
	struct finding *list[OPS_ROLES];
	struct opstream s;
	double ceiling = -1;
	uint32_t n = candidates(f, list);
	if (open_stream(&s, m, list, n, setting) == 0) {
		const struct child_setting as_recorded = {s.allocator, NULL};
		if (n && s.n_ops >= MIN_OPS)
			replay_all(m, d, f, &s, list, n, setting);
		if (!f->n && s.n_ops >= MIN_OPS)
			ceiling = replay_ceiling_ms(&s, &as_recorded);
		opstream_close(&s);
	}
	replay_leave_modelled(f);
	replay_say_nothing(m, f, ceiling);
}

void replay_finding(const struct model *m, struct finding *x, const struct replay_setting *setting)
{
	struct opstream s;
	double extra_ms = 0;
	if (!x->n_sites || open_stream(&s, m, &x, 1, setting) < 0)
		return;
	replay_one(m, NULL, &s, x, 1, setting->budget_ms > 0 ? setting->budget_ms : BUDGET_MS,
	           &extra_ms);
	opstream_close(&s);
}

/* ---- nothing ---- */

static bool is_advice(const struct finding *x)
{
	return x->verdict == VERDICT_WIN || x->verdict == VERDICT_MINOR;
}

static double modelled_ceiling_ms(const struct model *m)
{
	return (double)(m->totals.allocs + m->totals.frees) / 2 * cost_table.large_ns / 1e6;
}

void replay_say_nothing(const struct model *m, struct findings *f, double ceiling)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (is_advice(f->list[i]))
			return;
	const char *who = m->totals.domain_allocs[PTF_DOMAIN_PY_OBJ]
	                          ? "allocation outside CPython's own"
	                          : "allocation";
	const char *how = ceiling >= 0 ? "" : ", modelled";
	const char *held = "no place holds memory that it should not";
	double ms = ceiling >= 0 ? ceiling : modelled_ceiling_ms(m);
	double cpu_ms = run_ms(m);
	if (cpu_ms > 0 && ms > cpu_ms)
		ms = cpu_ms; /* the replay was slower than the program */
	free(f->nothing);
	if (cpu_ms > 0 && ms / cpu_ms < 0.03)
		f->nothing =
			mem_printf("%s is at most %.1f %% of CPU (%.1f of %.0f ms%s); no change "
		                   "can win more, and %s",
		                   who, 100 * ms / cpu_ms, ms, cpu_ms, how, held);
	else if (cpu_ms > 0)
		f->nothing =
			mem_printf("%s takes at most %.1f of %.0f ms of CPU%s, spread over places "
		                   "of which none would win 1 %%; %s",
		                   who, ms, cpu_ms, how, held);
	else
		f->nothing = mem_printf("%s takes at most %.1f ms%s in all, and %s; record with "
		                        "--baseline to see the share of CPU",
		                        who, ms, how, held);
}
