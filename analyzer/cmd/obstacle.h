/*
 * What keeps a program from being recorded, found out before it runs.
 */
#ifndef CMD_OBSTACLE_H
#define CMD_OBSTACLE_H

#include <stdbool.h>

/* The reason why the program at `path` cannot be recorded, as the rest of a sentence, to be freed; NULL: none
 * is known.  A script stands for its interpreter. */
char *obstacle_of(const char *path);

/* The interpreter that the first line of a script names: into `path`, which has room for PATH_MAX.  False: it is
 * no such script. */
bool obstacle_interpreter(const char *script, char *path);

#endif
