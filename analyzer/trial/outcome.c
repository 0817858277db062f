/* See outcome.h. */
#include "trial/outcome.h"

#include <math.h>
#include <string.h>

#include "detect/native/native.h"
#include "simulate/prediction.h"

#define OUTCOME_INTERVALS(X) X(cpu_ms) X(wall_ms) X(rss_bytes) X(faults)
#define OUTCOME_NUMBERS(X) \
	X(n_pairs)         \
	X(plain_cpu_ms)    \
	X(forward_cpu_ms)  \
	X(serve_cpu_ms)    \
	X(calls_before)    \
	X(calls_after)     \
	X(matched)         \
	X(served)          \
	X(freed)           \
	X(call_ns)

#define ONE(name) +1
enum { N_NUMBERS = 2 * (0 OUTCOME_INTERVALS(ONE)) + (0 OUTCOME_NUMBERS(ONE)) };
#undef ONE

static uint64_t outcome_key(const struct finding *x)
{
	return measured_mix(measured_named("enacted", x->kind, 0), measured_named(x->key, NULL, 0));
}

bool outcome_read(const struct measured *k, const struct finding *x, struct outcome *o)
{
	double number[N_NUMBERS], *at = number;

	if (!measured_numbers(k, outcome_key(x), number, N_NUMBERS))
		return false;
#define X(name) o->name = *at++;
	OUTCOME_NUMBERS(X)
#undef X
#define X(name) o->name = interval_of(at[0], at[1]), at += 2;
	OUTCOME_INTERVALS(X)
#undef X
	return true;
}

void outcome_keep(struct measured *k, const struct finding *x, const struct outcome *o)
{
	double number[N_NUMBERS], *at = number;

#define X(name) *at++ = o->name;
	OUTCOME_NUMBERS(X)
#undef X
#define X(name) *at++ = o->name.low, *at++ = o->name.high;
	OUTCOME_INTERVALS(X)
#undef X
	measured_keep_numbers(k, outcome_key(x), number, N_NUMBERS);
}

struct interval outcome_edit_ms(const struct outcome *o)
{
	return interval_of(o->cpu_ms.low,
	                   o->cpu_ms.high + (o->served + o->freed) * o->call_ns / 1e6);
}

/* ---- what it does to a finding ---- */

#define LEAST_SHARE 0.01 /* of the CPU time: less is not worth a line in a report either */

/* Of a class: memory was promised, and less is not used.  Else CPU time was, and neither that nor memory is shown to be saved: an inlined pool would not gain it. */
static bool is_refuted(const struct finding *x, const struct outcome *o)
{
	struct interval edit = outcome_edit_ms(o);

	if (x->slots)
		return x->verdict <= VERDICT_MINOR && o->rss_bytes.high <= 0;
	return x->verdict <= VERDICT_MINOR && x->plan && prediction_is_cpu(x) &&
	       o->rss_bytes.low <= 0 && edit.high < LEAST_SHARE * o->plain_cpu_ms;
}

static void outcome_apply(const struct model *m, struct finding *x, const struct outcome *o)
{
	struct prediction *p = &x->prediction;
	double saved = o->calls_before - o->calls_after;

	if (is_refuted(x, o))
		x->verdict = VERDICT_REFUTED;
	finding_keep_prediction(x);
	p->tier = TIER_ENACTED;
	p->cpu_ms_saved = outcome_edit_ms(o);
	if (x->slots) {
		p->live_bytes_saved = o->rss_bytes;
		x->score = fmax(o->rss_bytes.low, 0) / (double)(m->totals.peak_live_bytes + 1);
	} else {
		p->allocator_calls_saved = interval_of(saved, saved);
		x->score = x->confidence * fmax(o->cpu_ms.low, 0) * 1e6 / native_cpu_ns(m);
	}
	finding_add_number(x, "enacted_pairs", o->n_pairs, "");
	finding_add_number(x, "enacted_cpu_low_ms", o->cpu_ms.low, "ms");
	finding_add_number(x, "enacted_cpu_high_ms", o->cpu_ms.high, "ms");
	finding_add_number(x, "enacted_rss_saved_low", o->rss_bytes.low, "bytes");
	finding_add_number(x, "enacted_rss_saved_high", o->rss_bytes.high, "bytes");
	finding_add_number(x, "enacted_faults_saved_low", o->faults.low, "");
	finding_add_number(x, "enacted_faults_saved_high", o->faults.high, "");
}

void outcomes_apply(const struct model *m, struct findings *f)
{
	struct measured *k = measured_open(m, false);
	bool any = false;

	for (uint32_t i = 0; i < f->n; i++) {
		struct outcome o;
		if (!outcome_read(k, f->list[i], &o))
			continue;
		outcome_apply(m, f->list[i], &o);
		any = true;
	}
	if (any)
		findings_order(f);
	measured_close(k);
}
