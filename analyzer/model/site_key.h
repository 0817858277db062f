/*
 * The symbolic name of a site: the same before and after an edit that moves lines, in a renamed directory and
 * in a rebuilt binary.  Comparisons, baselines and the rows of a fleet know sites by it.
 *
 * It is made of the functions on the stack, from the frame that the site is named after to the root, and of
 * the class.  Python functions carry the name of their file.  Left out: lines, addresses, directories, suffixes of
 * the compiler (.isra.0), functions of standard libraries, and what the C library runs before main().
 * A native function without a name stands for its module.
 */
#ifndef PT_MODEL_SITE_KEY_H
#define PT_MODEL_SITE_KEY_H

#include "model/model.h"

/* 128 bits: equal keys of different sites are improbable even in a large fleet. */
struct site_key {
	uint64_t hash[2];
};
#define SITE_KEY_TEXT 33u

/* Of the first n frames that count, 0: of all.  n = 1 is the key of the place. */
struct site_key site_key(const struct model *m, const struct site *s, uint32_t n);
/* 32 hex digits and a terminator. */
void site_key_text(const struct site_key *key, char text[SITE_KEY_TEXT]);

/* One frame as it counts: "parse", "load (app.py)"; to be freed. */
char *site_key_frame(const struct symbol *x);

/* The path as it counts, leaf first, at most n frames (0: all): "parse < load < main [Class]"; to be freed. */
char *site_key_path(const struct model *m, const struct site *s, uint32_t n);

#endif
