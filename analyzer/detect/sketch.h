/*
 * The code that a finding proposes: short, whole, and specialised to its sizes, so that it compiles as it
 * stands.  The policies are exactly those that are replayed.
 *
 * A sketch is a file in sketches/ with placeholders, upper-case words, that compiles as it is once these are
 * defined.  The file's suffix gives its language.
 */
#ifndef PT_DETECT_SKETCH_H
#define PT_DETECT_SKETCH_H

#include "detect/finding.h"

/* A placeholder and what takes its place. */
struct sketch_word {
	const char *word;
	const char *text; /* not NULL */
};

/* Appends the file (such as "slab.c") to the finding's sketch, with its placeholders replaced; words: ends with
 * a NULL word.  A placeholder may be a part of a name between underscores, as in NAME_get.  BUG: no such
 * file. */
void sketch_add(struct finding *x, const char *file, const struct sketch_word *words);

#endif
