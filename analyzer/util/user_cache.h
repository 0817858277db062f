/* Where pooltrace keeps what it has measured: $XDG_CACHE_HOME/pooltrace, or ~/.cache/pooltrace. */
#ifndef PT_UTIL_USER_CACHE_H
#define PT_UTIL_USER_CACHE_H

/* The directory, made if it is not there; the caller frees it.  NULL: the user has none. */
char *user_cache_directory(void);

#endif
