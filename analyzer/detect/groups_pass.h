/*
 * One pass over the events that counts, for all groups at once, what depends on their order: how many
 * blocks live together, epochs, growth chains, the lines of live bytes.  Private to groups.c.
 */
#ifndef PT_DETECT_GROUPS_PASS_H
#define PT_DETECT_GROUPS_PASS_H

#include "detect/groups.h"

void groups_count(struct groups *gs);

#endif
