/* See retained_kept.h. */
#include "retained_kept.h"

#include <math.h>

/* The census weighs a sample; what replaces the retained objects (an instance's own attribute, the
 * few instances that wait for the collector) costs a part of it again. */
#define LOW_SHARE 0.6
#define HIGH_SHARE 1.15

void kept_predict(struct finding *x, const struct model *m, const struct holdings *h,
                  double more_bytes)
{
	double peak = (double)m->totals.peak_live_bytes;
	double low = fmax(0, peak - h->peak_without), high = fmax(0, peak - h->peak_without_any);

	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(LOW_SHARE * low,
	                                             HIGH_SHARE * high + more_bytes);
}

void kept_predict_instances(struct finding *x, const struct model *m, const struct py_class *k,
                            uint64_t n, double kept_bytes, double more_bytes)
{
	struct holdings h;

	holdings_init(&h, m);
	h.kept_bytes = kept_bytes;
	h.n_keepers = n;
	if (k->stats)
		holdings_of_class(&h, k->stats);
	holdings_replay(&h, m);
	kept_predict(x, m, &h, more_bytes);
	if (x->prediction.live_bytes_saved.low <= 0)
		finding_add_advice(
			x, "If the process is at its peak while the newest of them is in use, "
			   "nothing is saved there: what is held from then on is.");
	holdings_release(&h);
}
