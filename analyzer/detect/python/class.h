/*
 * A Python class from both sides: what the events counted and what the census saw.  What several of
 * the Python detectors ask about a class is answered here, once.
 */
#ifndef DETECT_PYTHON_CLASS_H
#define DETECT_PYTHON_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/context.h"
#include "census_reader.h"

struct py_class {
	const struct class_stats *stats;
	const struct census_class *census; /* NULL: the census has no such class */
};

/* The i-th class of the model, most built first. */
struct py_class py_class_at(const struct model *m, const struct census *c, uint32_t i);
/* The class that a census entry names; stats may be NULL. */
struct py_class py_class_named(const struct model *m, const struct census *c,
                               const struct census_name *n);

/* Whether it belongs to the program rather than to an installed package or the standard library. */
bool py_class_is_users(const struct model *m, const struct py_class *k);
bool py_name_is_users(const struct census_name *n);

/* Bytes of one instance: the object with dict, values and keys; what it owns beyond that.  0 unknown. */
double py_class_structure_bytes(const struct model *m, const struct py_class *k);
double py_class_owned_bytes(const struct py_class *k);

/* Instances that were live when the process's live bytes peaked. */
uint64_t py_class_at_peak(const struct model *m, const struct py_class *k);
double py_class_gc_freed_share(const struct py_class *k);

/* A finding about the class, with its most frequent building site. */
struct finding *py_class_finding(const struct py_class *k, struct findings *out, const char *kind,
                                 enum verdict v);
/* Whether a finding of that kind is about the class. */
bool py_class_has(const struct py_class *k, const struct findings *out, const char *kind);
/* A finding for --explain: nothing to do, and why.  NULL unless the class is to be explained. */
__attribute__((format(printf, 5, 6))) struct finding *
py_class_reject(const struct detect *d, const struct py_class *k, struct findings *out,
                const char *kind, const char *fmt, ...);

/* WIN from win_share of the process's peak of live bytes on, MINOR from minor_share on, else NONE. */
enum verdict py_verdict(const struct model *m, double bytes, double minor_share, double win_share);

/* Mean of a histogram, to the accuracy of its buckets. */
double py_mean(const struct hist *h);

#endif
