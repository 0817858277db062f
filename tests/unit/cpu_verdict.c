/* Which findings a measurement drops, and which it only makes borderline. */
#include "unit.h"

#include <math.h>

#include "simulate/cpu_verdict.h"

static const struct cpu_gates gates = {.minor_ms = 1, .win_ms = 3};

static enum verdict verdict_of(double low, double high, double calm, double counted, bool loss,
                               bool *borderline)
{
	const struct cpu_gain gain = {
		.measured = interval_of(low, high),
		.calm_low = calm,
		.counted_low = counted,
		.is_loss = loss,
	};
	return cpu_verdict(&gates, &gain, borderline);
}

TEST("verdict: far from a gate it is certain, near one it is borderline")
{
	bool near;
	CHECK(verdict_of(10, 20, 11, 10, false, &near) == VERDICT_WIN && !near);
	CHECK(verdict_of(3.2, 20, 11, 10, false, &near) == VERDICT_WIN && near);
	CHECK(verdict_of(1.6, 2.2, 1.7, 10, false, &near) == VERDICT_MINOR && !near);
	CHECK(verdict_of(1.1, 2.2, 1.2, 10, false, &near) == VERDICT_MINOR && near);
	CHECK(verdict_of(2, 8, 4, 10, false, &near) == VERDICT_MINOR && near);
}

TEST("verdict: what the counts show clearly stays, borderline, whatever the spread of the runs")
{
	for (double low = 0.9; low > -20; low -= 0.7) {
		bool near = false;
		CHECK(verdict_of(low, 1.1, low, 2, false, &near) == VERDICT_MINOR);
		CHECK(near);
	}
}

TEST("verdict: a measurement refutes it at its most favourable end, or by a loss")
{
	bool near;
	CHECK(verdict_of(-1, 0.9, 0.2, 50, false, &near) == VERDICT_NONE && !near);
	CHECK(verdict_of(-5, 9, -4, 50, true, &near) == VERDICT_NONE && !near);
}

TEST("verdict: what only just passes by its counts is decided at the middle")
{
	bool near;
	CHECK(verdict_of(0.1, 1.5, 0.2, 1.2, false, &near) == VERDICT_NONE && !near);
	CHECK(verdict_of(0.6, 1.5, 0.7, 1.2, false, &near) == VERDICT_MINOR && near);
	CHECK(verdict_of(-9, 30, 1.2, 1.2, false, &near) == VERDICT_MINOR && near);
}

TEST("verdict: of a traced run's time nothing is a win")
{
	const struct cpu_gates traced = {.minor_ms = 1, .win_ms = INFINITY};
	const struct cpu_gain gain = {.measured = interval_of(80, 90), .calm_low = 85};
	bool near;
	CHECK(cpu_verdict(&traced, &gain, &near) == VERDICT_MINOR && !near);
}
