/*
 * libunwind in our service: compiles unwind rules, and unwinds what rules cannot express.
 *
 * It is loaded with dlopen(RTLD_LOCAL): linked, it would take over the host's C++ exceptions.  It is
 * only ever entered under one lock of ours (which the fork handler takes, so that its own locks are
 * free in a child), on a stack of ours (hosts have stacks of 8 KiB), and while it looks for unwind
 * tables our dl_iterate_phdr() answers, so that it never takes the loader's lock.
 */
#ifndef PT_LIBUNWIND_RULES_H
#define PT_LIBUNWIND_RULES_H

#include "write/self.h"

#include "unwind.h"

/* How stacks are taken. */
enum unwind_mode { UNWIND_NONE, UNWIND_LIBUNWIND_ONLY, UNWIND_RULES };
extern enum unwind_mode unwind_mode;

/* Loads libunwind and checks that its rules mean what we think.  From the constructor, with the
 * thread's allocations untracked. */
void libunwind_start(struct self *self);

/* The key's rule (unwind_rules_find()), compiled now; 0 when that is not possible at this moment. */
uint64_t libunwind_compile_rule(struct self *self, uint64_t key);

/* The whole stack by libunwind, from the frame with the stack pointer of `start` on, which must be that
 * of a caller of the caller. */
void libunwind_backtrace(struct self *self, const struct frame_start *start, struct unwound *out);

/* Answers dl_iterate_phdr() for libunwind.  False: the caller is not libunwind on our behalf. */
bool libunwind_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data,
                            int *result);

/* Is the caller libunwind on our behalf? */
bool libunwind_is_calling(void);

/* libunwind has made a pipe: moves its ends to high numbers. */
void libunwind_take_pipe(int fds[2]);

/* Code was unloaded: libunwind forgets what it cached. */
void libunwind_flush(void);

bool libunwind_lock_for_fork(void);
void libunwind_unlock_after_fork(void);

/* In a forked child: libunwind is off limits in this process if another thread was in it. */
void libunwind_forget(void);

#endif
