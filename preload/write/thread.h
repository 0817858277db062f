/*
 * The pool of thread states.
 */
#ifndef PT_THREAD_H
#define PT_THREAD_H

#include "self.h"

/* Gives the calling thread, which has none yet, its state (also in self_tls); NULL: no memory. */
struct self *thread_take(void);

/* Is the calling thread the only living one that has recorded anything? */
bool thread_is_alone(void);

/* Announces the calling thread in its stream, if it is not yet. */
void thread_announce(struct self *self);

/* Makes the C library call us when a thread ends.  Constructor. */
void thread_start(void);

/* In a forked child: only the calling thread is left. */
void thread_forget(void);

/* Closes every stream, at an orderly end of the process. */
void thread_close_all(void);

/* Puts what all threads have recorded into the file, where that is not mapped. */
void thread_write_out_all(void);

/* Runs fn; what this thread allocates in it is not recorded. */
struct self *thread_untracked_begin(void);
void thread_untracked_end(struct self *self);

#endif
