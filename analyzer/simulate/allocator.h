/*
 * Which allocator a replay runs on.
 *
 * A trace names the allocator that the program had.  That name is somebody else's text: it is compared
 * with a list of known allocators and chooses one of them, no more.  What is loaded is then the system's
 * own library of that name, found by the loader in the system's directories.  Any other allocator is
 * used only when the user names it.
 */
#ifndef PT_SIMULATE_ALLOCATOR_H
#define PT_SIMULATE_ALLOCATOR_H

#include <stdbool.h>

/* File name of the known allocator that the path from a trace ends in, "libjemalloc.so.2"; NULL: the
 * C library's, or one that is not known.  Points into the path. */
const char *allocator_known(const char *recorded_path);

/* True if the path names a shared library other than the C library. */
bool allocator_is_foreign(const char *recorded_path);

#endif
