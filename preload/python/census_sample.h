/*
 * The objects that the collector tracks, counted by class and sampled, for the census.
 *
 * In C, since a program may have millions: in Python it took half a microsecond for each.
 */
#ifndef PT_PYTHON_CENSUS_SAMPLE_H
#define PT_PYTHON_CENSUS_SAMPLE_H

#include "interpreter_state.h"

/*
 * Functions for the census's program, all with the GIL:
 * count(objects): from now on type_table() says how many of this list each class has.
 * choose(type, stride, most, found): every stride-th of its objects, on the mean, is to be put into the
 * list `found`, at most so many.
 * sample(objects, start, n): does that for n of the list.
 */
void *census_sample_count(void *unused, void *objects);
void *census_sample_choose(void *unused, void *arguments);
void *census_sample_take(void *unused, void *arguments);

/* Forgets what was chosen. */
void census_sample_end(void);

#endif
