/*
 * What keeps a program from being recorded, found out before it runs.
 */
#ifndef CMD_OBSTACLE_H
#define CMD_OBSTACLE_H

/* The reason why the program at `path` cannot be recorded, as the rest of a sentence, to be freed; NULL: none
 * is known.  A script stands for its interpreter. */
char *obstacle_of(const char *path);

#endif
