/* Where the preloaded libraries are, and a form of their paths that LD_PRELOAD can carry. */
#ifndef FIND_PRELOAD_H
#define FIND_PRELOAD_H

#define PRELOAD_RECORDS "libpooltrace.so"
#define PRELOAD_ENACTS "libpooltrace-enact.so"

/* The library of that name; to be freed, NULL after error().  It is beside the command (build tree) or in
 * ../lib/pooltrace, ../lib. */
char *find_preload(const char *name);

/*
 * The loader splits LD_PRELOAD at spaces and colons.  A path with one of them gets a link in a private
 * directory of this user under /tmp, which stays: programs that the traced one starts need it, too.
 * To be freed; NULL after error().
 */
char *find_preload_for(const char *path);

/* find_preload() in that form; to be freed, NULL after error(). */
char *find_preload_usable(const char *name);

/* LD_PRELOAD=... with the library behind those that are preloaded already; to be freed. */
char *find_preload_setting(const char *library);

#endif
