/*
 * Lines of source files that a report shows.  The names come from a trace, which is somebody else's
 * word: only regular files of at most 8 MiB with the suffix of a programming language are read.
 */
#ifndef PT_REPORT_SOURCE_LINES_H
#define PT_REPORT_SOURCE_LINES_H

#include <stdint.h>

struct source_lines;

struct source_lines *source_lines_new(const char *directory); /* for relative names */
void source_lines_free(struct source_lines *s);

/* The line without the blanks around it, until source_lines_free(); NULL: not there. */
const char *source_line(struct source_lines *s, const char *file, uint32_t line);

#endif
