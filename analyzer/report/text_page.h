/*
 * A page of the text report: where it goes, and of which model it is.  Texts from a trace are written so
 * that they cannot drive a terminal.
 */
#ifndef TEXT_PAGE_H
#define TEXT_PAGE_H

#include <stdio.h>

#include "report.h"

#define TEXT_PAGE_WIDTH 100u

struct text_page {
	FILE *f;
	const struct report_options *o;
	const struct model *m;
	uint32_t top; /* rows of a list */
};

/* Around what is bold on a terminal; empty elsewhere. */
const char *text_page_bold(const struct text_page *p);
const char *text_page_plain(const struct text_page *p);

void text_page_heading(const struct text_page *p, const char *text);

/* Text in lines of TEXT_PAGE_WIDTH, each indented; its own line ends stay. */
void text_page_paragraph(const struct text_page *p, unsigned indent, const char *text);

/* The last part of a path; in it. */
const char *text_page_file_name(const char *path);

/* function  file:line, or the module where there is no line. */
void text_page_frame(const struct text_page *p, const struct symbol *x);

/* The lists of sites: by live bytes at the end, by allocations, by what they had at the peak. */
void text_page_sites(const struct text_page *p);

#endif
