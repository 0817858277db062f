/*
 * Whether what was made under the methods of long-lived instances is kept in them, or elsewhere: answers
 * that a functools cache remembers, results that the program collects.
 */
#ifndef DETECT_PYTHON_RETAINED_ELSEWHERE_H
#define DETECT_PYTHON_RETAINED_ELSEWHERE_H

#include "costly_class.h"

enum kept_where { KEPT_UNKNOWN, KEPT_INSIDE, KEPT_ELSEWHERE };

/* Bytes that grew under methods of the class: by what the census weighed in its instances, and by what
 * outlived those that died. */
enum kept_where kept_where(const struct py_class *k, double grown_bytes);

/* By site id: made under a function whose answers a cache keeps, or by the cache for its own entries,
 * which it makes in the line that calls the function.  The caller frees it. */
bool *made_for_caches(const struct model *m, const struct census *c);

#endif
