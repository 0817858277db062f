/*
 * Texts for people: numbers with units, and names from a trace made safe to print.
 *
 * The short_... functions return one of a few static buffers, good for several uses in one printf.
 */
#ifndef PT_UTIL_TEXT_H
#define PT_UTIL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

const char *short_bytes(double bytes);   /* "512 B", "1.4 MiB" */
const char *short_ns(double ns);         /* "740 ns", "1.20 ms", "3.5 s" */
const char *short_count(double n);       /* "999", "12.3 k", "4.0 M" */
const char *full_count(uint64_t n);      /* "4 800 603" */
const char *short_percent(double share); /* "34 %", "0.4 %" */

/* A name from a trace: control and invisible format characters (bidirectional overrides and others), and
 * bytes that are no UTF-8, become \xNN.  To be freed. */
char *text_clean(const char *s);
char *text_clean_lines(const char *s); /* keeps line ends and tabs */
void text_put(FILE *f, const char *s); /* the same, printed */

/* The same as text of HTML and XML, in attributes between double quotes, too. */
void text_put_markup(FILE *f, const char *s);

/* A demangled function name in at most about `room` characters: template arguments and parameters of
 * long ones are left out, hash_table<..>::expand(..).  To be freed. */
char *text_short_function(const char *function, size_t room);

/* The candidate most like `word`, NULL when none is near.  Candidates end with NULL. */
const char *text_nearest(const char *word, const char *const *candidates);

#endif
