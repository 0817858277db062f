/*
 * One line on stderr that tells what a long run does, how far it is and how long it will still take;
 * gone when that is done.  Nothing where stderr is no terminal, and nothing before progress_allow():
 * commands that print as they read must not be interrupted.
 */
#ifndef PT_UTIL_PROGRESS_H
#define PT_UTIL_PROGRESS_H

#include <stdbool.h>

void progress_allow(void);

/* Ctrl-C has been pressed since progress_allow(): the step that runs ends early, and what is known so far
 * is the answer.  A second Ctrl-C ends the program. */
bool progress_interrupted(void);

/* Something begins; shown from the first progress_show() on.  `what` must outlive it. */
void progress_begin(const char *what);

/* share: how much of it is done, 0-1.  Cheap to call often: the line changes ten times a second. */
void progress_show(double share);

/* Step `step` (from 0) of `n`, which is slow enough to be shown at once. */
void progress_step(const char *step_name, unsigned step, unsigned n);

void progress_end(void);

#endif
