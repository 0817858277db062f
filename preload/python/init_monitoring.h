/*
 * The calls of chosen __init__ functions, by sys.monitoring: from 3.13 on the interpreter enters them without
 * type.__call__.
 *
 * Only functions of classes that were slow once are observed, by local events, until they prove fast.  A number
 * for tools is taken at the first of them, one that the documentation gives to nobody; when none is free nothing
 * is observed.
 */
#ifndef PT_PYTHON_INIT_MONITORING_H
#define PT_PYTHON_INIT_MONITORING_H

#include "types.h"

/* The class was slow to build.  With the GIL, untracked, outside of any hook. */
void init_monitoring_choose(struct type_info *info);

extern bool init_monitoring_is_on;

/* type.__call__ builds an instance of `type`, and records it itself: its __init__ is not to be timed again.
 * Returns what to give to init_monitoring_leave(). */
PT_INLINE const void *init_monitoring_enter(const void *type)
{
	struct py_thread *t = unlikely(init_monitoring_is_on) && self_tls ? self_tls->python : NULL;
	const void *outer = t ? t->called : NULL;

	if (t)
		t->called = type;
	return outer;
}

PT_INLINE void init_monitoring_leave(const void *outer)
{
	struct py_thread *t = unlikely(init_monitoring_is_on) && self_tls ? self_tls->python : NULL;

	if (t)
		t->called = outer;
}

#endif
