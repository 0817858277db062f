/*
 * Strings of the trace's definitions, each written once.
 */
#ifndef PT_PYTHON_NAMES_H
#define PT_PYTHON_NAMES_H

#include "../pt.h"

/* String id; 0 for an empty string. */
uint32_t names_string(const char *s, size_t n);
uint32_t names_text(const char *s);

/* In a forked child. */
void names_forget(void);

#endif
