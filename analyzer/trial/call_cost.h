/*
 * What a call of libpooltrace-enact.so costs on this machine that an inlined pool does not make.  Measured by
 * the replayer with a plan for its own loop.
 */
#ifndef PT_TRIAL_CALL_COST_H
#define PT_TRIAL_CALL_COST_H

/* In ns a call; 0: it could not be measured.  directory: for a file, gone afterwards. */
double call_cost_ns(const char *library, const char *directory);

#endif
