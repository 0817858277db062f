/*
 * What replays of one trace have measured, kept beside the trace: a measurement is made once, and the
 * same trace gives the same findings from then on.
 *
 * The file is TRACE.measured; where the trace's directory cannot be written, a file in
 * $XDG_CACHE_HOME/pooltrace (or ~/.cache/pooltrace).  Its first line names the trace, the version of
 * pooltrace and the machine; with another first line the file is not used.  It is text: a line holds a
 * key, a count, and so many numbers.  What cannot be read or written is left out, quietly.
 */
#ifndef PT_SIMULATE_MEASURED_H
#define PT_SIMULATE_MEASURED_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/finding.h"
#include "model/model.h"
#include "simulate/measure.h"

struct measured;

/* again: stored results are discarded.  Never NULL. */
struct measured *measured_open(const struct model *m, bool again);
/* Writes the file if there is something new. */
void measured_close(struct measured *k);

/* Key of a replay: what is tried, on which sites, on which allocator (NULL libc's), of how many ops. */
uint64_t measured_key(const struct finding *x, const char *allocator, uint64_t max_ops);
/* Key of another kind of measurement, from its name and a number. */
uint64_t measured_named(const char *name, const char *allocator, uint64_t max_ops);
/* A key for all of these together. */
uint64_t measured_mix(uint64_t key, uint64_t other);

bool measured_pair(const struct measured *k, uint64_t key, struct replay_pair *out);
void measured_keep_pair(struct measured *k, uint64_t key, const struct replay_pair *r);
bool measured_number(const struct measured *k, uint64_t key, double *out);
void measured_keep_number(struct measured *k, uint64_t key, double value);

/* n numbers, at most 40; false: so many are not kept under the key. */
bool measured_numbers(const struct measured *k, uint64_t key, double *out, uint32_t n);
void measured_keep_numbers(struct measured *k, uint64_t key, const double *value, uint32_t n);

#endif
