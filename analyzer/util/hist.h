/*
 * Histogram of unsigned 64-bit values in buckets that are exact below 16 and eight to the octave
 * above (a bucket is at most 12.5 % wide).  Owns a dense window of counters that grows to hold what
 * was added; an empty one is all zeros and owns nothing, nor does one with a single bucket.
 */
#ifndef PT_UTIL_HIST_H
#define PT_UTIL_HIST_H

#include <stddef.h>
#include <stdint.h>

struct hist {
	union {
		uint64_t *window; /* weight of bucket first + i */
		uint64_t one;     /* where n is 1 */
	};
	uint64_t total; /* sum of all weights */
	uint64_t max;   /* largest value added */
	uint64_t min;   /* smallest value added; only when total > 0 */
	uint16_t first, n;
};

/* Weight of bucket first + i, i < n. */
static inline const uint64_t *hist_weights(const struct hist *h)
{
	return h->n == 1 ? &h->one : h->window;
}

void hist_merge(struct hist *into, const struct hist *from);
void hist_release(struct hist *h);

/* The value that a share q (0..1) of the weight does not exceed: the upper edge of its bucket, at
 * most max.  0 when empty. */
uint64_t hist_quantile(const struct hist *h, double q);

/* Weight of all values <= value, to the accuracy of a bucket. */
uint64_t hist_weight_up_to(const struct hist *h, uint64_t value);

uint64_t hist_bucket_low(uint32_t bucket);  /* smallest value of a bucket */
uint64_t hist_bucket_high(uint32_t bucket); /* largest */

/* Makes the window hold a bucket. */
void hist_widen(struct hist *h, uint32_t bucket);

static inline uint32_t hist_bucket(uint64_t value)
{
	uint32_t octave = 63 - (uint32_t)__builtin_clzll(value | 8);
	uint32_t fine = octave * 8 - 16 + (uint32_t)((value >> (octave - 3)) & 7);
	return value < 16 ? (uint32_t)value : fine;
}

/* Where the weight of a value lies, for a prefetch; NULL: not in a window. */
static inline const void *hist_weight_at(const struct hist *h, uint64_t value)
{
	uint32_t i = hist_bucket(value) - h->first;
	return h->n > 1 && i < h->n ? &h->window[i] : NULL;
}

/* On the path of every event. */
static inline void hist_add(struct hist *h, uint64_t value, uint64_t weight)
{
	uint32_t bucket = hist_bucket(value);
	if (!weight)
		return;
	if (__builtin_expect(bucket - h->first >= h->n, 0))
		hist_widen(h, bucket);
	uint64_t *weights = h->n == 1 ? &h->one : h->window;
	weights[bucket - h->first] += weight;
	h->min = !h->total || value < h->min ? value : h->min;
	h->max = value > h->max ? value : h->max;
	h->total += weight;
}

#endif
