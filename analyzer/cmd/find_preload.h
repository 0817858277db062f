/* Where libpooltrace.so is, and a form of its path that LD_PRELOAD can carry. */
#ifndef FIND_PRELOAD_H
#define FIND_PRELOAD_H

/* To be freed; NULL after error().  Beside the command (build tree) or in ../lib/pooltrace, ../lib. */
char *find_preload(void);

/*
 * The loader splits LD_PRELOAD at spaces and colons.  A path with one of them gets a link in a private
 * directory of this user under /tmp, which stays: programs that the traced one starts need it, too.
 * To be freed; NULL after error().
 */
char *find_preload_for(const char *path);

#endif
