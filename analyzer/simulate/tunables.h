/* The names in a GLIBC_TUNABLES text: the C library ignores those that it does not know. */
#ifndef PT_SIMULATE_TUNABLES_H
#define PT_SIMULATE_TUNABLES_H

/* 0 when all are known, or when the C library does not tell what it knows (before 2.33); -1 after
 * error(), which names the nearest. */
int tunables_check(const char *text);

#endif
