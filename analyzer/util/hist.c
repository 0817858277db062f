/* Histogram with buckets an eighth of an octave wide; see hist.h. */
#include "util/hist.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

uint64_t hist_bucket_low(uint32_t bucket)
{
	if (bucket < 16)
		return bucket;
	uint32_t octave = 4 + (bucket - 16) / 8;
	return (8ull + (bucket - 16) % 8) << (octave - 3);
}

uint64_t hist_bucket_high(uint32_t bucket)
{
	if (bucket < 16)
		return bucket;
	uint32_t octave = 4 + (bucket - 16) / 8;
	return hist_bucket_low(bucket) + (1ull << (octave - 3)) - 1;
}

/* A second bucket means that there will be more: some room on the side to which it grows. */
void hist_widen(struct hist *h, uint32_t bucket)
{
	uint32_t first = h->n ? h->first : bucket, end = h->n ? h->first + h->n : bucket + 1;

	if (bucket < first)
		first = bucket > 4 ? bucket - 4 : 0;
	if (bucket >= end)
		end = bucket + 5;
	if (end - first > 1) {
		uint64_t *window = mem_zalloc(end - first, sizeof *window);
		if (h->n)
			memcpy(window + (h->first - first), hist_weights(h), h->n * sizeof *window);
		if (h->n > 1)
			free(h->window);
		h->window = window;
	}
	h->first = (uint16_t)first;
	h->n = (uint16_t)(end - first);
}

static void hist_reach(struct hist *h, uint32_t bucket)
{
	if (bucket - h->first >= h->n)
		hist_widen(h, bucket);
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (!from->total)
		return;
	hist_reach(into, from->first);
	hist_reach(into, from->first + from->n - 1u);
	uint64_t *to = (into->n == 1 ? &into->one : into->window) + (from->first - into->first);
	const uint64_t *weights = hist_weights(from);
	for (uint32_t i = 0; i < from->n; i++)
		to[i] += weights[i];
	into->min = into->total && into->min < from->min ? into->min : from->min;
	into->max = into->max > from->max ? into->max : from->max;
	into->total += from->total;
}

void hist_release(struct hist *h)
{
	if (h->n > 1)
		free(h->window);
	memset(h, 0, sizeof *h);
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	double want = q * (double)h->total;
	uint64_t sum = 0;

	if (!h->total)
		return 0;
	for (uint32_t i = 0; i < h->n; i++) {
		sum += hist_weights(h)[i];
		if (hist_weights(h)[i] && (double)sum >= want) {
			uint64_t high = hist_bucket_high(h->first + i);
			return high < h->max ? high : h->max;
		}
	}

	return h->max;
}

uint64_t hist_weight_up_to(const struct hist *h, uint64_t value)
{
	uint32_t last = hist_bucket(value);
	uint64_t sum = 0;
	for (uint32_t i = 0; i < h->n && h->first + i <= last; i++)
		sum += hist_weights(h)[i];
	return sum;
}
