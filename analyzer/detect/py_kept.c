/* See py_kept.h. */
#include "detect/py_kept.h"

/* The census weighs a sample; what takes the place of what was kept (an instance's own attribute, the
 * few instances that wait for the collector) costs a part of it again. */
#define LOW_SHARE 0.6
#define HIGH_SHARE 1.15

void kept_predict(struct finding *x, const struct model *m, const struct holdings *h,
                  double more_bytes)
{
	double saved = (double)m->totals.peak_live_bytes - h->peak_without;

	if (saved < 0)
		saved = 0;
	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(LOW_SHARE * saved,
	                                             HIGH_SHARE * saved + more_bytes);
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
	holdings_release(&h);
}
