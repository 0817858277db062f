/*
 * The trace's descriptor.  It sits at a high number with close-on-exec; before each use it is checked to be
 * still our file (a program may close everything it finds), and the file is opened again when not.  Where
 * no number is out of the host's way, it is open while it is used only.
 *
 * Callers hold the lock of trace_file.c where they may change it.
 */
#ifndef PT_DESCRIPTOR_H
#define PT_DESCRIPTOR_H

#include "base/pt.h"

/* This descriptor, just opened, is the trace's from now on.  False: it cannot be looked at, and stays the
 * caller's. */
bool descriptor_adopt(int fd);

/* Its number, opened again by name when the host closed it; -1 when that fails. */
int descriptor_check(void);

/* Its number while it is our file, -1: none. */
int descriptor_number(void);

/* False: the host is allowed so few that it would miss ours.  The file is opened for each use. */
bool descriptor_is_kept(void);

/* After a use, before the lock is given up: closes what is not kept. */
void descriptor_rest(void);

/* Is this number our file?  No system call when it is another number. */
bool descriptor_owns(int fd);

/* Can a store into a mapping of it fail for want of space, whatever was reserved? */
bool descriptor_may_fault(void);

/* The host is about to put a descriptor of its own at our number: takes another one. */
void descriptor_move(void);

/* Closes it. */
void descriptor_close(void);

/* Forgets it without a system call; the number that it had. */
int descriptor_abandon(void);

/* Moves a descriptor out of the host's way, close-on-exec; its new number.  `alone`: the process has no other
 * thread. */
int descriptor_raise(int fd, bool alone);

#endif
