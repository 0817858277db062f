/* Where libpooltrace.so is, and a form of its path that LD_PRELOAD can carry. */
#ifndef PT_CMD_LIBRARY_H
#define PT_CMD_LIBRARY_H

/* To be freed; NULL after error().  Beside the command (build tree) or in ../lib/pooltrace, ../lib. */
char *library_find(void);

/*
 * The loader splits LD_PRELOAD at spaces and colons.  A path with one of them gets a link in a private
 * directory of this user under /tmp, which stays: programs that the traced one starts need it, too.
 * To be freed; NULL after error().
 */
char *library_for_preload(const char *path);

#endif
