/* What `pooltrace record` says at its end: totals, how many findings a quick look has, what to do next. */
#ifndef RECORD_SUMMARY_H
#define RECORD_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

/* trace: the biggest of the run, of the process that matters most.  n_others: traces of other processes.
 * A trace of more than 24 MiB, or with quiet any, is named and not read. */
void record_summary(const char *trace, uint32_t n_others, bool quiet);

#endif
