/*
 * A page of the text report: where it goes, and of which model it is.  Texts from a trace are written so
 * that they cannot drive a terminal.
 */
#ifndef TEXT_PAGE_H
#define TEXT_PAGE_H

#include <stdio.h>

#include "places.h"
#include "report.h"

#define TEXT_PAGE_WIDTH 100u

struct text_page {
	FILE *f;
	const struct report_options *o;
	const struct model *m;
	uint32_t top;   /* rows of a list */
	uint32_t width; /* columns */
};

/* Around what is bold on a terminal; empty elsewhere. */
const char *text_page_bold(const struct text_page *p);
const char *text_page_plain(const struct text_page *p);

void text_page_heading(const struct text_page *p, const char *text);

/* Bytes of the text's first line when lines have room for so many characters; it ends before a blank. */
size_t text_page_line(const char *s, size_t room);
/* Text in lines of the page's width, each indented; its own line ends stay. */
void text_page_paragraph(const struct text_page *p, unsigned indent, const char *text);

/* The same where the first line begins at a column that is reached already; further lines are indented. */
void text_page_hanging(const struct text_page *p, unsigned column, unsigned indent,
                       const char *text);

/* The last part of a path; in it. */
const char *text_page_file_name(const char *path);

/* function  file:line, or the module where there is no line. */
void text_page_frame(const struct text_page *p, const struct symbol *x);

/* "1 block", "12.3 k blocks". */
const char *text_page_many(uint64_t n, const char *what);

/* What to change; each finding in short, or all of it with --all. */
void text_page_findings(const struct text_page *p, const struct findings *f);
/* All of one finding, by key or number; false: there is none. */
bool text_page_one_finding(const struct text_page *p, const struct findings *f, const char *id);

/* One list of places, or of what they are grouped by. */
void text_page_places(const struct text_page *p);

/* The program's marks under a line of live bytes that is so wide; nothing when there are none. */
void text_page_mark_line(const struct text_page *p, uint32_t width);
/* Its marks and regions with their numbers; nothing when there are none. */
void text_page_announced(const struct text_page *p);

/* What retains most of a CPython process's memory, and the way to it. */
void text_page_heap(const struct text_page *p);

/* Call stacks as a tree from the roots, or from the biggest places to their callers. */
void text_page_tree(const struct text_page *p, bool callers);

/* What an order weighs, and how its values read. */
uint64_t text_page_weight(const struct site_sums *sums, enum place_order order);
const char *text_page_value(enum place_order order, uint64_t value);
const char *text_page_order_name(enum place_order order);

#endif
