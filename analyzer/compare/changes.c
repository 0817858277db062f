/* What changed beyond noise, in order; see compare.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "util/mem.h"
#include "util/text.h"

/* ---- numbers ---- */

double compare_mean(const struct comparison *c, enum side side, const struct spread *x)
{
	return c->n_runs[side] ? (double)x->sum / c->n_runs[side] : 0;
}

bool compare_differs(const struct comparison *c, const struct spread before,
                     const struct spread after)
{
	if (c->n_runs[BEFORE] == 1 && c->n_runs[AFTER] == 1)
		return before.sum != after.sum;
	return before.most < after.least || after.most < before.least;
}

static double half_range(const struct comparison *c, enum side side, const struct spread *x)
{
	double mean = compare_mean(c, side, x);
	return mean > 0 ? (double)(x->most - x->least) / 2 / mean : 0;
}

double compare_noise(const struct comparison *c, const struct spread *before,
                     const struct spread *after)
{
	return fmax(half_range(c, BEFORE, before), half_range(c, AFTER, after));
}

double compare_increase(const struct spread *before, const struct spread *after)
{
	if (after->least <= before->most)
		return 0;
	return before->most ? 100.0 * (double)(after->least - before->most) / (double)before->most
	                    : INFINITY;
}

/* ---- what does not count ---- */

/* In runs that do not have a place it has nothing. */
static void settle_least(struct comparison *c, struct compare_place *x)
{
	for (unsigned side = 0; side < SIDES; side++)
		for (unsigned i = 0; i < MEASURES && x->n_seen[side] < c->n_runs[side]; i++)
			x->value[side][i].least = 0;
}

/* The same mean and the same range on both sides. */
static bool is_equal(const struct comparison *c, const struct compare_place *x)
{
	for (unsigned i = 0; i < MEASURES; i++) {
		const struct spread *a = &x->value[BEFORE][i], *b = &x->value[AFTER][i];
		if (a->least != b->least || a->most != b->most ||
		    compare_mean(c, BEFORE, a) != compare_mean(c, AFTER, b))
			return false;
	}
	return true;
}

static bool is_noise(const struct comparison *c, const struct compare_place *x)
{
	for (unsigned i = 0; i < MEASURES; i++)
		if (compare_differs(c, x->value[BEFORE][i], x->value[AFTER][i]))
			return false;
	return true;
}

static void hide_quiet(struct comparison *c)
{
	for (uint32_t i = 0; i < c->n_places; i++) {
		struct compare_place *x = c->places[i];
		settle_least(c, x);
		bool equal = is_equal(c, x);
		bool noise = !equal && is_noise(c, x);
		c->n_equal += equal;
		c->n_noise += noise;
		x->is_hidden = equal || noise;
	}
}

/* ---- pairs that cancel ---- */

static const struct spread *numbers_of(const struct compare_place *x)
{
	return x->value[x->n_seen[BEFORE] ? BEFORE : AFTER];
}

static bool is_one_sided(const struct compare_place *x)
{
	return !x->is_hidden && !x->n_seen[BEFORE] != !x->n_seen[AFTER];
}

/* One-sided places first, those of equal numbers beside each other. */
static int by_numbers(const void *a, const void *b)
{
	const struct compare_place *x = *(const struct compare_place *const *)a,
				   *y = *(const struct compare_place *const *)b;
	if (is_one_sided(x) != is_one_sided(y))
		return is_one_sided(x) ? -1 : 1;
	int by_value = memcmp(numbers_of(x), numbers_of(y), sizeof x->value[0]);
	return by_value ? by_value : strcmp(x->name, y->name);
}

/* Of n places with equal numbers, each removed one cancels a new one. */
static void cancel(struct comparison *c, struct compare_place **list, uint32_t n)
{
	uint32_t n_gone = 0;
	for (uint32_t i = 0; i < n; i++)
		n_gone += list[i]->n_seen[BEFORE] > 0;
	uint32_t pairs = n_gone < n - n_gone ? n_gone : n - n_gone;
	uint32_t left[SIDES] = {pairs, pairs};

	for (uint32_t i = 0; i < n; i++) {
		enum side side = list[i]->n_seen[BEFORE] ? BEFORE : AFTER;
		if (left[side]) {
			left[side]--;
			list[i]->is_hidden = true;
		}
	}
	c->n_pairs += pairs;
}

/* A function that was renamed, or has other callers, is gone under one name and new under another. */
static void hide_pairs(struct comparison *c)
{
	uint32_t end, n = 0;
	if (c->n_places)
		qsort(c->places, c->n_places, sizeof(*c->places), by_numbers);
	while (n < c->n_places && is_one_sided(c->places[n]))
		n++;

	for (uint32_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (memcmp(numbers_of(c->places[i]), numbers_of(c->places[end]),
			           sizeof c->places[i]->value[0]))
				break;
		cancel(c, c->places + i, end - i);
	}
}

/* ---- order ---- */

static double apart(const struct compare_place *x, enum measure i, const struct comparison *c)
{
	return fabs(compare_mean(c, AFTER, &x->value[AFTER][i]) -
	            compare_mean(c, BEFORE, &x->value[BEFORE][i]));
}

static int by_change(const void *a, const void *b, void *comparison)
{
	const struct compare_place *x = *(const struct compare_place *const *)a,
				   *y = *(const struct compare_place *const *)b;
	static const enum measure order[] = {MEASURE_BYTES, MEASURE_ALLOCS, MEASURE_PEAK,
	                                     MEASURE_END};

	if (x->is_hidden != y->is_hidden)
		return x->is_hidden ? 1 : -1;
	for (unsigned i = 0; i < MEASURES; i++) {
		double v = apart(x, order[i], comparison), w = apart(y, order[i], comparison);
		if (v != w)
			return v < w ? 1 : -1;
	}

	int by_name = strcmp(x->name, y->name);
	return by_name ? by_name : memcmp(&x->key, &y->key, sizeof x->key);
}

static int finding_rank(const struct compare_finding *x)
{
	return !x->n_seen[BEFORE] ? 0 : !x->n_seen[AFTER] ? 1 : 2;
}

static int by_state(const void *a, const void *b)
{
	const struct compare_finding *x = *(const struct compare_finding *const *)a,
				     *y = *(const struct compare_finding *const *)b;
	int apart_by = finding_rank(x) - finding_rank(y);
	return apart_by ? apart_by : strcmp(x->name, y->name);
}

void compare_finish(struct comparison *c)
{
	hide_quiet(c);
	hide_pairs(c);
	if (c->n_places)
		qsort_r(c->places, c->n_places, sizeof(*c->places), by_change, c);
	while (c->n_shown < c->n_places && !c->places[c->n_shown]->is_hidden)
		c->n_shown++;
	if (c->n_findings)
		qsort(c->findings, c->n_findings, sizeof(*c->findings), by_state);
}

/* ---- words ---- */

const char *compare_total_name(unsigned total)
{
	static const char *const names[TOTALS] = {
		[MEASURE_BYTES] = "allocated",       [MEASURE_ALLOCS] = "allocations",
		[MEASURE_PEAK] = "live at the peak", [MEASURE_END] = "live at the end",
		[TOTAL_CALLS] = "allocator calls",   [TOTAL_CPU] = "CPU untraced",
	};
	return names[total];
}

const char *compare_place_state(const struct compare_place *x)
{
	return !x->n_seen[BEFORE] ? "new" : !x->n_seen[AFTER] ? "gone" : "";
}

const char *compare_finding_state(const struct compare_finding *x)
{
	static const char *const words[] = {"new", "gone", "same"};
	return words[finding_rank(x)];
}

const char *compare_value(double value, unsigned total)
{
	if (total == MEASURE_ALLOCS || total == TOTAL_CALLS)
		return short_count(value);
	return total == TOTAL_CPU ? short_ns(value) : short_bytes(value);
}

static char *next_buffer(void)
{
	static char buffer[16][48];
	static unsigned next;
	return buffer[next++ % 16];
}

const char *compare_change(double before, double after, unsigned total)
{
	char *s = next_buffer();
	if (before == after)
		return strcpy(s, "0");
	snprintf(s, 48, "%c%s", after > before ? '+' : '-',
	         compare_value(fabs(after - before), total));
	return s;
}

const char *compare_percent(double before, double after)
{
	char *s = next_buffer();
	if (before == after)
		return strcpy(s, "0 %");
	if (before == 0 || after == 0)
		return before == 0 ? "new" : "gone";
	double percent = 100 * (after - before) / before;
	snprintf(s, 48, "%+.*f %%", fabs(percent) < 10 ? 2 : fabs(percent) < 1000 ? 1 : 0, percent);
	return s;
}
