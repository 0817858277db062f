/* See sample.h. */
#include "trial/sample.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

double sample_median(const double *value, uint32_t n)
{
	double sorted[SAMPLE_MOST];

	if (!n)
		return 0;
	memcpy(sorted, value, n * sizeof *value);
	qsort(sorted, n, sizeof *sorted, by_value);
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* xorshift64* (Vigna 2016). */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

struct interval sample_interval(const double *value, uint32_t n)
{
	double medians[SAMPLE_DRAWS], drawn[SAMPLE_MOST];
	uint64_t state = 0x9e3779b97f4a7c15ull;

	for (uint32_t i = 0; i < SAMPLE_DRAWS; i++) {
		for (uint32_t k = 0; k < n; k++)
			drawn[k] = value[(draw(&state) >> 33) % n];
		medians[i] = sample_median(drawn, n);
	}

	qsort(medians, SAMPLE_DRAWS, sizeof *medians, by_value);
	return interval_of(medians[SAMPLE_DRAWS * 25 / 1000],
	                   medians[SAMPLE_DRAWS - 1 - SAMPLE_DRAWS * 25 / 1000]);
}

bool sample_is_none(const struct interval *i)
{
	return i->low <= 0 && i->high >= 0;
}
