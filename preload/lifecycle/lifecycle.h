/*
 * The recorder's life in a process.
 *
 *     UNBORN --first call of an interposed function--> STARTING --file open--> RECORDING
 *        RECORDING --constructor: modules, handlers, rules--> RECORDING (whole stacks)
 *        RECORDING --no space, size limit, ...--> STOPPED (process->epoch 0, for good)
 *        RECORDING --fork--> in the child: NEWBORN --first event--> RECORDING, in a file of its own
 *        any --AT_SECURE, no file, a system call filter--> OFF
 */
#ifndef PT_LIFECYCLE_H
#define PT_LIFECYCLE_H

#include "base/pt.h"

/* Before the first forwarded call: finds the real functions and starts recording. */
void lifecycle_start(void);

/* True while the calling thread's allocations must come from the boot arena. */
bool lifecycle_booting(void);

/* The real functions, also while `real` is blanked out for the loader's sake. */
struct real;
const struct real *lifecycle_real(void);

/* process->epoch is 0: if that is so because we are a fresh child, starts its recording. */
bool lifecycle_new_process(void);

/* This process made a child: says so in the trace. */
void lifecycle_forked(uint32_t pid);

/* The process is about to end by _exit(), called from there: what only a running interpreter can tell is written. */
void lifecycle_leaves(const void *caller);

/* The process is about to end. */
void lifecycle_end(int how, int exit_code);

/* It is about to become another program.  Why that can have no trace (an errno; 0: it can), which is counted, and not
 * after all if the exec fails. */
int lifecycle_exec(void);
void lifecycle_exec_failed(int obstacle);

/* It asks to be put under a filter of system calls, which may be the end of our writing. */
void lifecycle_filter_comes(void);

/* The process is now under a filter of system calls: ends the recording, without any. */
void lifecycle_filtered(void);

/* False when nothing will be recorded in this process any more. */
bool lifecycle_recording(void);

#endif
