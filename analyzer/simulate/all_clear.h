/*
 * What the report says where no change to native code is advised: what was looked for, and what was seen
 * instead.  Every clause is checked before it is said.
 */
#ifndef PT_SIMULATE_ALL_CLEAR_H
#define PT_SIMULATE_ALL_CLEAR_H

#include "simulate/other_allocators.h"

/* Sets findings.nothing if no finding advises anything.  c: what is known of the calls. */
void all_clear_say(const struct model *m, const struct detect *d, struct findings *f,
                   const struct calls_summary *c);

#endif
