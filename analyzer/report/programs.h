/*
 * Many processes seen together: sums by program, by place of allocation and by finding.  Each process is
 * added once and may be closed afterwards, so the memory is that of the distinct places, however many
 * processes there are.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdio.h>

#include "report.h"

struct programs;

struct programs *programs_new(void);
void programs_free(struct programs *p);

/* Adds a process.  Of its sites only the PROGRAMS_SITES with most bytes are named, which is what costs
 * time; the bytes of the others are counted as not listed. */
void programs_add(struct programs *p, const struct report_run *run);

/* Three lists: programs, places, findings; at most `top` rows each, heaviest first. */
void programs_put(const struct programs *p, FILE *f, uint32_t top);

#endif
