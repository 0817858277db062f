/*
 * Assertions and a log for those who work on the recorder: `make DEBUG=1`, and the failure injection build.
 *
 * In a debug build a failed assertion traps, and POOLTRACE_DEBUG_FD names an open descriptor of the traced
 * program to which lines "pooltrace PID: SENTENCE NUMBER" are written.  In other builds there is no code of
 * this: the recorder never ends its host.
 */
#ifndef PT_DEBUG_H
#define PT_DEBUG_H

#include "base/pt.h"

#ifdef PT_DEBUG
void debug_log(const char *sentence, uint64_t number);
__attribute__((noreturn)) void debug_failed(const char *what, const char *file, unsigned line);
#define pt_log(sentence, number) debug_log(sentence, number)
#define pt_assert(what) ((what) ? (void)0 : debug_failed(#what, __FILE__, __LINE__))
#else
#define pt_log(sentence, number) ((void)0)
#define pt_assert(what) ((void)0)
#endif

#endif
