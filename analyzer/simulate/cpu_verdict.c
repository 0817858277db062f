/* See cpu_verdict.h. */
#include "simulate/cpu_verdict.h"

#include <math.h>

#define NEAR 1.3           /* a gain within this factor of a gate is near it */
#define COUNTED_SURELY 2.0 /* times the gate: what the counts show is no matter of the prices */

static enum verdict verdict_at(const struct cpu_gates *gates, double ms)
{
	if (ms >= gates->win_ms)
		return VERDICT_WIN;
	return ms >= gates->minor_ms ? VERDICT_MINOR : VERDICT_NONE;
}

/* The gain that decides when the low end does not pass: a measurement just below the gate is the machine's
 * noise, one that reaches down to nothing is no gain. */
static double deciding_ms(const struct cpu_gates *gates, const struct cpu_gain *gain)
{
	double low = gain->measured.low, high = gain->measured.high;
	if (gain->counted_low >= COUNTED_SURELY * gates->minor_ms && !gain->is_loss)
		return high;
	return fmax(fmin(2 * low, (low + high) / 2), gain->calm_low);
}

enum verdict cpu_verdict(const struct cpu_gates *gates, const struct cpu_gain *gain,
                         bool *borderline)
{
	enum verdict v = verdict_at(gates, gain->measured.low);

	*borderline = v != VERDICT_NONE &&
	              (verdict_at(gates, gain->measured.low / NEAR) != v ||
	               verdict_at(gates, fmax(gain->measured.low, gain->calm_low) * NEAR) != v);
	if (v != VERDICT_NONE)
		return v;
	*borderline = verdict_at(gates, deciding_ms(gates, gain)) != VERDICT_NONE;
	return *borderline ? VERDICT_MINOR : VERDICT_NONE;
}
