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
#include "detect/plan.h"
#include "simulate/all_clear.h"
#include "simulate/allocator.h"
#include "simulate/measured.h"
#include "simulate/other_allocators.h"
#include "simulate/prediction.h"
#include "util/stopwatch.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/progress.h"

#define MAX_CANDIDATES 10u
#define BUDGET_MS 500.0
#define MOST_FAILED \
	2u /* replays that fail before no other is tried: each may take its limit of time */
#define MOST_MS 60e3  /* for all replays of a trace; what is not measured by then stays modelled */
#define MAX_ROUNDS 4u /* of detection, when findings do not hold up */
#define MIN_OPS 16u   /* of shorter traces nothing can be timed */

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

/* ---- one finding ---- */

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
			prediction_fit(m, out);
	} while (!result && prediction_wants_more(m, d, x, out, budget_ms));
	session_end(session);
	return result;
}

#define MODELLED_CONFIDENCE 0.5 /* of what it would be */

void replay_leave_modelled(struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct finding *x = f->list[i];
		if (!x->plan || !prediction_is_cpu(x) || x->prediction.tier != TIER_MODELLED)
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
		return (struct replay_variant){
			-1, {.preload = allocator, .tunables = x->plan->tunables}};
	return (struct replay_variant){(int)role, {.preload = allocator}};
}

/* A command's replays of one trace. */
struct replaying {
	const struct model *m;
	struct detect *d;
	const struct replay_setting *setting;
	struct findings *f;
	struct measured *kept;
	const char *allocator;
	struct finding *list[OPS_ROLES]; /* candidates of this round: their roles are index + 1 */
	uint32_t n;
	struct opstream stream;
	bool is_open, cannot_open, is_shown;
	uint64_t start_ns;
	double extra_ms; /* see prediction_extra_ms(), of all that hold */

	/* All findings that were replayed, at once. */
	struct replay_variant changed;
	uint64_t changed_key;
	uint32_t n_changed;
};

static double budget_of(const struct replay_setting *setting)
{
	return setting->budget_ms > 0 ? setting->budget_ms : BUDGET_MS;
}

static uint64_t ops_of(const struct replay_setting *setting)
{
	return setting->max_ops ? setting->max_ops : OPS_DEFAULT_MAX;
}

/* The stream is written when the first replay is due: what was measured before needs none. */
static bool open_stream(struct replaying *r)
{
	bool is_late = (double)(clock_ns() - r->start_ns) / 1e6 > MOST_MS;

	if (is_late || r->setting->kept_only)
		return false;
	if (r->is_open || r->cannot_open)
		return r->is_open;
	r->is_open = r->m->totals.allocs >= MIN_OPS && child_path() &&
	             opstream_open(&r->stream, r->m, r->list, r->n, ops_of(r->setting)) == 0;
	if (r->is_open && r->stream.n_ops < MIN_OPS) {
		opstream_close(&r->stream);
		r->is_open = false;
	}

	r->cannot_open = !r->is_open;
	r->stream.allocator = r->allocator;
	return r->is_open;
}

/* In the progress bar, once there is something to replay. */
static void show_step(struct replaying *r, const char *what, uint32_t i)
{
	if (!r->is_open)
		return;
	if (!r->is_shown)
		progress_begin("replaying");
	r->is_shown = true;
	progress_step(what, i, r->n + 1);
}

static void close_stream(struct replaying *r)
{
	if (r->is_open)
		opstream_close(&r->stream);
	r->is_open = r->cannot_open = false;
}

/* A policy whose effect shows at the end of a run cannot be seen in windows: it stays modelled. */
static bool can_measure(const struct opstream *s, const struct finding *x)
{
	return !opstream_is_windowed(s) || prediction_is_cpu(x);
}

/* From the stored results, or by a replay whose result is stored.  False: it cannot be measured, nor later. */
static bool measure_one(struct replaying *r, struct finding *x, uint32_t role,
                        struct replay_pair *out)
{
	uint64_t key = measured_key(x, r->allocator, ops_of(r->setting));
	double failed;
	if (measured_pair(r->kept, key, out))
		return true;
	if (measured_number(r->kept, key, &failed) || !open_stream(r))
		return false;

	struct replay_variant after = variant_after(x, role, r->allocator);
	int as_recorded = after.role > 0 ? ROLE_APART(after.role) : -1;
	struct replay_variant v[2] = {{as_recorded, {.preload = r->allocator}}, after};
	struct opstream *s = &r->stream;
	bool can = can_measure(s, x) && s->n_failed < MOST_FAILED;
	if (can && measure_surely(r->m, r->d, s, x, v, budget_of(r->setting), out) == 0 &&
	    out->replayed_share > 0) {
		measured_keep_pair(r->kept, key, out);
		return true;
	}
	s->n_failed += can && out->replayed_share > 0;
	measured_keep_number(r->kept, key, -1);
	return false;
}

/* Whether the finding stands. */
static bool replay_one(struct replaying *r, struct finding *x, uint32_t role)
{
	struct replay_pair pair = {.replayed_share = 1};

	if (!measure_one(r, x, role, &pair))
		return true;
	prediction_fit(r->m, &pair);
	bool borderline;
	if (r->d && prediction_is_cpu(x) && prediction_is_disturbed(r->m, &pair) &&
	    prediction_verdict(r->m, r->d, x, &pair, &borderline) == VERDICT_NONE) {
		x->borderline = true;
		return true;
	}

	prediction_sharpen(r->m, x, &pair);
	bool stands = r->d ? prediction_holds(r->m, r->d, x, &pair) : true;
	if (stands)
		r->extra_ms += prediction_extra_ms(x, &pair);
	return stands;
}

/* Measures the candidates; how many did not hold up. */
static uint32_t replay_round(struct replaying *r)
{
	uint32_t refuted = 0;
	r->n = candidates(r->f, r->list);
	r->extra_ms = 0;
	for (uint32_t i = 0; i < r->n; i++) {
		show_step(r, r->list[i]->kind, i);
		if (replay_one(r, r->list[i], i + 1))
			continue;
		detect_refute(r->d, r->list[i]);
		refuted++;
	}
	return refuted;
}

/* All that were accepted become one variant. */
static void replay_join(struct replaying *r)
{
	r->changed = (struct replay_variant){0, {.preload = r->allocator}};
	r->changed_key = measured_named("together", r->allocator, ops_of(r->setting));
	for (uint32_t i = 0; i < r->n; i++) {
		const struct finding *x = r->list[i];
		if (x->prediction.tier != TIER_REPLAYED)
			continue;
		r->n_changed++;
		r->changed_key = measured_mix(r->changed_key,
		                              measured_key(x, r->allocator, ops_of(r->setting)));
		if (x->plan->policy == POLICY_TUNABLE)
			r->changed.setting.tunables = x->plan->tunables;
	}
}

/* The stream, with the roles of these only. */
static bool open_changed(struct replaying *r)
{
	if (!open_stream(r))
		return false;
	for (uint32_t i = 0; i < r->n; i++)
		if (r->list[i]->plan->policy == POLICY_TUNABLE ||
		    r->list[i]->prediction.tier != TIER_REPLAYED)
			opstream_drop_role(&r->stream, i + 1);
	return true;
}

/* Savings are not added up, they overlap. */
static void measure_together(struct replaying *r)
{
	const struct replay_variant before = {-1, {.preload = r->allocator}};
	struct replay_pair pair;

	if (r->n_changed < 2)
		return;
	if (!measured_pair(r->kept, r->changed_key, &pair)) {
		if (!open_changed(r) ||
		    replay_measure(&r->stream, &before, &r->changed, budget_of(r->setting), &pair))
			return;
		measured_keep_pair(r->kept, r->changed_key, &pair);
	}

	prediction_fit(r->m, &pair);
	struct prediction *p = &r->f->together;
	double calls = (double)pair.before.calls - (double)pair.after.calls;
	double bytes = prediction_bytes(&pair);
	r->f->n_together = r->n_changed;
	p->tier = TIER_REPLAYED;
	p->allocator_calls_saved = interval_of(calls, calls);
	p->live_bytes_saved = interval_of(bytes, bytes);
	p->cpu_ms_saved = prediction_cpu(r->m, &pair, r->extra_ms);
}

/* Detects and measures in turn: blocks of what does not hold up are free for other kinds. */
static void replay_rounds(struct replaying *r)
{
	for (uint32_t round = 0; replay_round(r) && round < MAX_ROUNDS; round++) {
		close_stream(r);
		findings_release(r->f);
		detect_run(r->d, r->setting->kinds, r->f);
	}
}

/* ---- the calls as a whole ---- */

static bool replay_is_advice(const struct finding *x)
{
	return x->verdict == VERDICT_WIN || x->verdict == VERDICT_MINOR;
}

static bool has_advice(const struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (replay_is_advice(f->list[i]))
			return true;
	return false;
}

/* What the calls cost that the findings leave: from the stored results, or replayed; negative: it cannot be. */
static double cost_of_calls(struct replaying *r)
{
	uint64_t key = measured_named("calls", r->allocator, ops_of(r->setting));
	double ms;

	if (r->n_changed)
		key = measured_mix(key, r->changed_key);
	if (measured_number(r->kept, key, &ms) || !open_changed(r))
		return measured_number(r->kept, key, &ms) ? ms : -1;
	ms = replay_calls_ms(&r->stream, &r->changed);
	measured_keep_number(r->kept, key, ms);
	return ms;
}

#define CALM 0.3 /* of the gain: less noise than this needs no other run */
#define CALM_BUDGETS 4u

/* Goes on while the noise is a good part of the gain.  0, or -1 quietly. */
static int measure_calmly(const struct opstream *s, const struct replay_variant *before,
                          const struct replay_variant *after, double budget_ms,
                          struct replay_pair *out)
{
	struct replay_session *session = session_begin(s, before, after);
	int result = session ? 0 : -1;

	for (unsigned i = 0; !result && i < CALM_BUDGETS; i++) {
		result = session_run(session, budget_ms) || session_tell(session, out) ? -1 : 0;
		if (!result &&
		    out->noise_ms < CALM * fmin(fabs(out->plain_ms), fabs(out->fenced_ms)))
			break;
	}
	session_end(session);
	return result;
}

/* One library in the place of the program's allocator, of the calls that the findings leave.  False: it
 * cannot be measured. */
static bool measure_library(void *context, const char *library, struct replay_pair *out)
{
	struct replaying *r = context;
	uint64_t key = measured_named("allocator", library, ops_of(r->setting));
	double failed;

	if (r->n_changed)
		key = measured_mix(key, r->changed_key);
	if (!measured_pair(r->kept, key, out)) {
		const struct replay_variant after = {r->changed.role, {.preload = library}};
		if (measured_number(r->kept, key, &failed) || r->setting->kept_only)
			return false;
		if (!child_has_allocator(&after.setting) || !open_changed(r) ||
		    measure_calmly(&r->stream, &r->changed, &after, budget_of(r->setting), out)) {
			measured_keep_number(r->kept, key, -1);
			return false;
		}
		measured_keep_pair(r->kept, key, out);
	}

	prediction_fit(r->m, out);
	return true;
}

static void judge_calls(struct replaying *r)
{
	bool is_beside = has_advice(r->f);
	struct calls_summary c = {.cost_ms = -1};

	if (!r->n_changed) { /* no role is played: the stream is made again without any */
		close_stream(r);
		r->n = 0;
		r->changed.role = -1;
	}
	if (is_beside && !other_allocators_may_matter(r->m, r->d))
		return;
	c.cost_ms = cost_of_calls(r);
	if (!r->allocator && !r->setting->allocator && detect_wants(r->d, "allocator") &&
	    !allocator_is_foreign(r->m->process->allocator))
		other_allocators(r->m, r->d, r->f, &c, measure_library, r);
	if (!is_beside &&
	    !r->setting->kinds) /* who asked for a few detectors has not looked everywhere */
		all_clear_say(r->m, r->d, r->f, &c);
}

void replay_findings(const struct model *m, struct detect *d, struct findings *f,
                     const struct replay_setting *setting)
{
	struct replaying r = {.m = m, .d = d, .f = f, .setting = setting, .start_ns = clock_ns()};

	r.kept = measured_open(m, setting->measure_again);
	r.allocator = replay_allocator(m, setting->allocator);
	replay_rounds(&r);
	if (setting->kept_only) { /* the list is what was wanted, with the modelled numbers */
		findings_release(f);
		detect_run(d, setting->kinds, f);
	} else {
		show_step(&r, "all together", r.n);
		replay_join(&r);
		measure_together(&r);
		replay_leave_modelled(f);
		judge_calls(&r);
	}

	if (r.is_shown)
		progress_end();
	close_stream(&r);
	measured_close(r.kept);
}

void replay_finding(const struct model *m, struct finding *x, const struct replay_setting *setting)
{
	struct replaying r = {
		.m = m, .setting = setting, .list = {x}, .n = 1, .start_ns = clock_ns()};
	if (!x->n_sites || !x->plan)
		return;
	r.kept = measured_open(m, setting->measure_again);
	r.allocator = replay_allocator(m, setting->allocator);
	replay_one(&r, x, 1);
	close_stream(&r);
	measured_close(r.kept);
}
