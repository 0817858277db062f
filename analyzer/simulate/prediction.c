/* See prediction.h. */
#include "simulate/prediction.h"

#include <math.h>

#include "detect/native/native.h"
#include "simulate/cpu_verdict.h"

/* The interval is widened by these: what the same replay gives on another day, and what a policy
 * gains beyond the allocator's time (validated on the corpus by scripts/advise-bench). */
#define WIDEN_LOW 0.65
#define WIDEN_HIGH 1.35
#define MAX_SPREAD 0.25   /* of what the calls cost: beyond that a measurement refutes nothing */
#define NOISY_BUDGETS 3.0 /* to spend on a finding whose gain is within the noise */
#define MAX_BUDGETS 5.0   /* and on one that would pass, or fail, but for the noise */
#define MAX_NOISE 0.3     /* of the gain: beyond that it is the machine's and not the program's */
#define WIDEN_HIGH_REGION 2.2 /* no walk that frees, denser data */

bool prediction_is_cpu(const struct finding *x)
{
	return x->plan->policy != POLICY_FREE && x->plan->policy != POLICY_BOUND &&
	       !x->plan->retained_at_ns && !x->plan->saves_heap;
}

/* What a region gains beyond other policies, at most. */
double prediction_extra_ms(const struct finding *x, const struct replay_pair *r)
{
	double high = fmax(r->plain_ms, r->fenced_ms);
	return x->plan->policy == POLICY_REGION && high > 0
	               ? high * (WIDEN_HIGH_REGION - WIDEN_HIGH)
	               : 0;
}

/* CPU of the untraced run; 0: not known. */
double prediction_run_ms(const struct model *m)
{
	return (double)model_untraced_cpu_ns(m) / 1e6;
}

/* The calls of a run cost no more than the run did.  A replay that says otherwise was hindered more than
 * the program (by other work, or by threads that here do nothing but allocate): it goes by proportion. */
void prediction_fit(const struct model *m, struct replay_pair *r)
{
	double all_ms = prediction_run_ms(m);
	if (all_ms <= 0 || r->before_ms <= all_ms)
		return;
	double scale = all_ms / r->before_ms;
	r->plain_ms *= scale;
	r->fenced_ms *= scale;
	r->noise_ms *= scale;
	r->error_ms *= scale;
}

struct interval prediction_cpu(const struct model *m, const struct replay_pair *r, double extra_ms)
{
	double all_ms = prediction_run_ms(m);
	double low = fmin(r->plain_ms, r->fenced_ms), high = fmax(r->plain_ms, r->fenced_ms);
	double off = fmin(r->noise_ms, MAX_NOISE * fabs(high)) + r->error_ms;
	low = low * (low > 0 ? WIDEN_LOW : WIDEN_HIGH) - off;
	high = high * (high > 0 ? WIDEN_HIGH : WIDEN_LOW) + off;
	high += extra_ms;
	return interval_of(low, all_ms > 0 && high > all_ms ? fmax(all_ms, low) : high);
}

double prediction_calm_ms(const struct replay_pair *r)
{
	double low = fmin(r->plain_ms, r->fenced_ms);
	return low * (low > 0 ? WIDEN_LOW : WIDEN_HIGH);
}

/* At the peak of what was requested. */
double prediction_bytes(const struct replay_pair *r)
{
	return (double)r->before.requested_peak - (double)r->after.requested_peak;
}

static double heap_saved(const struct replay_pair *r)
{
	return (double)r->timed_before.heap_peak - (double)r->timed_after.heap_peak;
}

/* The counting replay makes the calls in their recorded order in one arena; two come to twice that at most. */
static struct interval arenas_saved(const struct replay_pair *r)
{
	double before = (double)r->timed_before.heap_peak, one = (double)r->before.heap_peak;
	return interval_of(before - 2 * one, before - one);
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
void prediction_sharpen(const struct model *m, struct finding *x, const struct replay_pair *r)
{
	struct prediction *p = &x->prediction;

	finding_keep_prediction(x);
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

	double bytes = prediction_bytes(r);
	double beyond = x->plan->policy == POLICY_BOUND
	                        ? p->live_bytes_saved.high - p->live_bytes_saved.low
	                        : 0; /* what shrinks along is not replayed */
	p->live_bytes_saved = interval_of(bytes, bytes + beyond);
	p->cpu_ms_saved.present = false;
	if (prediction_is_cpu(x)) {
		p->cpu_ms_saved = prediction_cpu(m, r, prediction_extra_ms(x, r));
		double share = p->cpu_ms_saved.low * 1e6 / native_cpu_ns(m);
		x->score = x->confidence * (share > 0 ? share : 0);
	}

	if (x->plan->saves_heap) {
		p->live_bytes_saved = arenas_saved(r);
		x->score = x->confidence * p->live_bytes_saved.low /
		           (double)(m->totals.peak_live_bytes + 1);
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

/* See native.h: of a traced run's time nothing is a win. */
static struct cpu_gates gates_of(const struct model *m, const struct detect *d)
{
	double run_ms = native_cpu_ns(m) / 1e6;
	return (struct cpu_gates){
		.minor_ms = detect_option(d, "native_min_share") * run_ms,
		.win_ms = model_untraced_cpu_ns(m) > 0
	                          ? detect_option(d, "native_win_share") * run_ms
	                          : INFINITY,
	};
}

/* Saved at least, by the number of calls. */
static double counted_ms(const struct finding *x)
{
	const struct prediction *p = x->prediction.tier == TIER_MODELLED
	                                     ? &x->prediction
	                                     : &x->earlier[TIER_MODELLED];
	return p->cpu_ms_saved.present ? p->cpu_ms_saved.low : 0;
}

enum verdict prediction_verdict(const struct model *m, const struct detect *d,
                                const struct finding *x, const struct replay_pair *r,
                                bool *borderline)
{
	*borderline = false;
	if (x->plan->policy == POLICY_TUNABLE &&
	    r->before_ms * 1e6 > NATIVE_TOO_SLOW * native_most_cpu_ns(m))
		return VERDICT_NONE; /* under the default settings it would have cost more than it did: they are not in force */
	if (native_bytes_matter(m, d, prediction_bytes(r)))
		return VERDICT_WIN;

	const struct cpu_gates gates = gates_of(m, d);
	const struct cpu_gain gain = {
		.measured = prediction_cpu(m, r, prediction_extra_ms(x, r)),
		.calm_low = prediction_calm_ms(r),
		.counted_low = counted_ms(x),
		.is_loss = r->plain_ms + r->noise_ms + r->error_ms < 0,
	};
	return cpu_verdict(&gates, &gain, borderline);
}

#define HARM_BYTES 1048576.0 /* by which a pool may make the heap larger, */
#define HARM_SHARE 0.05      /* and as a share of the heap's peak */
#define KEPT_SHARE 1.0       /* the same of a setting, whose use is that freed memory is kept */

/* Pools keep what they once had: where the replay's heap grows by that, the advice does harm. */
static bool grows_heap(const struct finding *x, const struct replay_pair *r)
{
	double before = (double)r->timed_before.heap_peak;
	double share = x->plan->policy == POLICY_TUNABLE ? KEPT_SHARE : HARM_SHARE;
	return x->plan->policy != POLICY_RESERVE && before > 0 && -heap_saved(r) > HARM_BYTES &&
	       -heap_saved(r) > share * before;
}

#define BEARABLE \
	5.0 /* times what would be a gain: a setting that saves memory may cost so much time */

static bool heap_holds_up(const struct model *m, const struct detect *d, struct finding *x,
                          const struct replay_pair *r)
{
	struct interval cost = prediction_cpu(m, r, 0);
	return native_bytes_matter(m, d, arenas_saved(r).low) &&
	       native_verdict(m, d, -(cost.high + r->noise_ms) * 1e6 / BEARABLE, 0) ==
	               VERDICT_NONE &&
	       x->n_sites;
}

bool prediction_holds(const struct model *m, const struct detect *d, struct finding *x,
                      const struct replay_pair *r)
{
	if (x->plan->retained_at_ns)
		return retained_holds_up(m, d, r);
	if (x->plan->saves_heap)
		return heap_holds_up(m, d, x, r);
	if (prediction_is_cpu(x)) {
		struct interval *saved = &x->prediction.cpu_ms_saved;
		x->verdict = prediction_verdict(m, d, x, r, &x->borderline);
		if (grows_heap(x, r))
			x->verdict = VERDICT_NONE;
		if (saved->low < 0 && prediction_calm_ms(r) > 0)
			saved->low = 0; /* below are the machine's noise only */
	}
	return x->verdict != VERDICT_NONE;
}

/* A machine that was busy with something else: the spread is more than the gain. */
static bool is_noisy(const struct replay_pair *r)
{
	return r->noise_ms > fmin(fabs(r->plain_ms), fabs(r->fenced_ms));
}

/* The gates refuse it at the interval's low end, and would let it pass at the other one. */
static bool is_close(const struct model *m, const struct detect *d, const struct finding *x,
                     const struct replay_pair *r)
{
	if (!prediction_is_cpu(x) || x->plan->saves_heap)
		return false;
	struct interval saved = prediction_cpu(m, r, prediction_extra_ms(x, r));
	return native_verdict(m, d, saved.low * 1e6, prediction_bytes(r)) == VERDICT_NONE &&
	       native_verdict(m, d, saved.high * 1e6, 0) != VERDICT_NONE;
}

/* So busy that nothing can be said: the spread is a good part of all that the calls cost. */
bool prediction_is_disturbed(const struct model *m, const struct replay_pair *r)
{
	double all_ms = prediction_run_ms(m) > 0 ? fmin(prediction_run_ms(m), r->before_ms)
	                                         : r->before_ms;
	return r->noise_ms + r->error_ms > MAX_SPREAD * all_ms;
}

bool prediction_wants_more(const struct model *m, const struct detect *d, const struct finding *x,
                           const struct replay_pair *r, double budget_ms)
{
	double budgets = is_noisy(r) ? NOISY_BUDGETS : 0;
	if (prediction_is_disturbed(m, r) || (d && is_close(m, d, x, r)))
		budgets = MAX_BUDGETS;
	return r->spent_ms < budgets * budget_ms;
}
