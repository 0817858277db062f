/*
 * Places that may keep memory at the end: files in LeakSanitizer's syntax (leak:PATTERN, a part of a function,
 * file or module name; * ^ $) and in valgrind's ({ name  Memcheck:Leak  fun:... obj:... src:... ... }).
 */
#ifndef GATE_SUPPRESSIONS_H
#define GATE_SUPPRESSIONS_H

#include <stdbool.h>

#include "symbols/symbols.h"

struct suppression {
	char *name;       /* as in the file; owned */
	bool is_valgrind; /* frames in order; else one pattern */
	char **frames;    /* "fun:main", "..."; or the pattern alone; owned */
	uint32_t n_frames, frames_room;
};

struct suppressions {
	struct suppression *list;
	uint32_t n, room;
};

/* Adds a file's; -1 after error(). */
int suppressions_read(struct suppressions *s, const char *path);
void suppressions_release(struct suppressions *s);
/* NULL: none matches. */
const struct suppression *suppressions_match(const struct suppressions *s,
                                             const struct stack_view *v);

#endif
