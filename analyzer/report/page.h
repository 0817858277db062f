/*
 * A page of the text report: where it goes, and of which model it is.  Texts from a trace are written so
 * that they cannot drive a terminal.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdio.h>

#include "report/report.h"

#define PAGE_WIDTH 100u

struct page {
	FILE *f;
	const struct report_options *o;
	const struct model *m;
	uint32_t top; /* rows of a list */
};

/* Around what is bold on a terminal; empty elsewhere. */
const char *page_bold(const struct page *p);
const char *page_plain(const struct page *p);

void page_heading(const struct page *p, const char *text);

/* Text in lines of PAGE_WIDTH, each indented; its own line ends stay. */
void page_paragraph(const struct page *p, unsigned indent, const char *text);

/* The last part of a path; in it. */
const char *page_file_name(const char *path);

/* function  file:line, or the module where there is no line. */
void page_frame(const struct page *p, const struct symbol *x);

/* The lists of sites: by live bytes at the end, by allocations, by what they had at the peak. */
void page_sites(const struct page *p);

#endif
