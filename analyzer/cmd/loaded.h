/*
 * What the loader would map for a program, found without running it: the program's loader is asked (ld.so --list).
 */
#ifndef CMD_LOADED_H
#define CMD_LOADED_H

#include <stdbool.h>
#include <stdint.h>

struct loaded {
	char **paths; /* the program first, then its libraries in the loader's order; owned */
	uint32_t n, room;
};

/* `program` is a dynamic program or script of glibc.  -1: the loader did not answer (quietly). */
int loaded_find(const char *program, struct loaded *out);
void loaded_release(struct loaded *x);

/* Does an object define a dynamic symbol? */
bool loaded_defines(const char *path, const char *symbol);
/* Names of functions that it has: "debug information", "symbols", "dynamic symbols only"; NULL: no object. */
const char *loaded_names(const char *path);
/* The program that is run for `path`: itself, or the interpreter of a script; to be freed. */
char *loaded_program(const char *path);

#endif
