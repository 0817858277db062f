/*
 * Reading objects of the interpreter by their layout, without calling it: strings and dictionaries.
 *
 * Works inside any hook, with or without the GIL, for objects that somebody keeps alive during the call (a
 * running frame its code, a type its dictionary).
 */
#ifndef PT_PYTHON_PY_READ_H
#define PT_PYTHON_PY_READ_H

#include "interpreter_layout.h"

#define PY_READ_TEXT_BYTES 512u

/* A str as UTF-8, cut to n_bytes; returns the length, 0 for what is no str. */
size_t py_read_str(const struct layout *l, const void *str, char *out, size_t n_bytes);

/* The value of a str key in a dict, NULL: none.  `key` is ASCII. */
const void *py_read_dict(const struct layout *l, const void *dict, const char *key);

/* Element of a tuple, NULL: none. */
const void *py_read_tuple(const struct layout *l, const void *tuple, uint64_t index);

#endif
