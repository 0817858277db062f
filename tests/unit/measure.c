/* From a few windows to a run: the estimate and its error. */
#include "unit.h"

#include <math.h>

#include "simulate/measure.h"

TEST("measure: a sample that is everything has no error")
{
	const double value[] = {7}, weight[] = {3};
	double error = 1;
	CHECK_CMP(extrapolate(value, weight, 1, 3, &error), ==, 7);
	CHECK_CMP(error, ==, 0);
}

TEST("measure: what saves the same per op is extrapolated without error")
{
	const double weight[] = {1, 5, 0, 2}, value[] = {2, 10, 0, 4};
	double error = 1;
	CHECK_CMP(fabs(extrapolate(value, weight, 4, 100, &error) - 200), <, 1e-9);
	CHECK_CMP(error, <, 1e-9);
}

static double next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(*state >> 11) / 9007199254740992.0;
}

/* A run of 1000 stretches whose savings per op differ, of which eight are looked at. */
static bool covers(uint64_t *state)
{
	double value[1000], weight[1000], sum = 0, all = 0, seen[8], seen_weight[8], error;
	for (unsigned i = 0; i < 1000; i++) {
		weight[i] = 100 * next_random(state);
		value[i] = weight[i] * (1 + next_random(state)) + 20 * next_random(state);
		sum += value[i];
		all += weight[i];
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned at = (unsigned)(1000 * next_random(state));
		seen[i] = value[at];
		seen_weight[i] = weight[at];
	}
	double estimate = extrapolate(seen, seen_weight, 8, all, &error);
	return fabs(estimate - sum) <= error;
}

TEST("measure: the error told holds for as many runs as it says, and not for all")
{
	uint64_t state = 42;
	unsigned inside = 0;
	for (unsigned i = 0; i < 2000; i++)
		inside += covers(&state);
	CHECK_CMP(inside, >=, 1800);
	CHECK_CMP(inside, <=, 1990);
}
