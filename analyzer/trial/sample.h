/*
 * Statistics of a few measurements: the median, and how far it can be trusted.
 *
 * The interval is the percentile bootstrap of the median (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, chapter 13): 95 % of the medians of SAMPLE_DRAWS samples drawn with replacement.  The draws
 * come from a generator with a fixed seed: the same measurements give the same interval.
 */
#ifndef PT_TRIAL_SAMPLE_H
#define PT_TRIAL_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/finding.h"

#define SAMPLE_DRAWS 2000u
#define SAMPLE_MOST 1000u /* measurements */

double sample_median(const double *value, uint32_t n);

/* Of the median, 95 %; n from 1 to SAMPLE_MOST. */
struct interval sample_interval(const double *value, uint32_t n);

/* True if the interval is on neither side of zero. */
bool sample_is_none(const struct interval *i);

#endif
