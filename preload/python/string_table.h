/*
 * Strings of the trace's definitions, each written once.
 */
#ifndef PT_PYTHON_STRING_TABLE_H
#define PT_PYTHON_STRING_TABLE_H

#include "base/pt.h"

/* String id; 0 for an empty string. */
uint32_t string_table_string(const char *s, size_t n);
uint32_t string_table_text(const char *s);

/* In a forked child. */
void string_table_forget(void);

#endif
