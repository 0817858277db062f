/* What all parts of the text report are written with. */
#include <stdlib.h>
#include <string.h>

#include "text_page.h"
#include "util/text.h"

#define TEXT_PAGE_NAME 60u /* characters of a function's name, where it can be shortened */

const char *text_page_bold(const struct text_page *p)
{
	return p->o->color ? "\033[1m" : "";
}

const char *text_page_plain(const struct text_page *p)
{
	return p->o->color ? "\033[0m" : "";
}

void text_page_heading(const struct text_page *p, const char *text)
{
	fprintf(p->f, "\n%s%s%s\n", text_page_bold(p), text, text_page_plain(p));
}

/* Bytes of the text that stand in `room` characters. */
static size_t bytes_of(const char *s, size_t room)
{
	size_t n = 0;
	while (s[n] && (room || ((unsigned char)s[n] & 0xc0) == 0x80))
		room -= ((unsigned char)s[n++] & 0xc0) != 0x80;
	return n;
}

size_t text_page_line(const char *s, size_t room)
{
	size_t line = strcspn(s, "\n"), most = bytes_of(s, room), n = most;
	if (line <= most)
		return line;
	while (n && s[n] != ' ')
		n--;
	return n ? n : most;
}

/* The bytes without the blanks at their end. */
static size_t without_blanks(const char *s, size_t n)
{
	while (n && s[n - 1] == ' ')
		n--;
	return n;
}

void text_page_hanging(const struct text_page *p, unsigned column, unsigned indent,
                       const char *text)
{
	char *clean = text_clean_lines(text);
	const char *s = clean;

	while (*s) {
		size_t n = text_page_line(s, p->width > column ? p->width - column : 1);

		fprintf(p->f, "%.*s\n", (int)without_blanks(s, n), s);
		s += n + strspn(s + n, " ");
		s += *s == '\n';
		column = indent;
		if (*s)
			fprintf(p->f, "%*s", (int)indent, "");
	}
	free(clean);
}

void text_page_paragraph(const struct text_page *p, unsigned indent, const char *text)
{
	fprintf(p->f, "%*s", (int)indent, "");
	text_page_hanging(p, indent, indent, text);
}

const char *text_page_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

void text_page_frame(const struct text_page *p, const struct symbol *x)
{
	char *name = text_short_function(x->function, TEXT_PAGE_NAME);

	text_put(p->f, name);
	free(name);
	if (x->guessed)
		fputs(" ?", p->f);
	if (*x->file) {
		fputs("  ", p->f);
		text_put(p->f, text_page_file_name(x->file));
		if (x->line)
			fprintf(p->f, ":%u", x->line);
	} else if (x->language != LANGUAGE_UNKNOWN) { /* else the name says so */
		fputs("  ", p->f);
		text_put(p->f, text_page_file_name(x->module));
	}
}

const char *text_page_many(uint64_t n, const char *what)
{
	static char text[4][64];
	static unsigned next;
	char *s = text[next++ % 4];
	snprintf(s, sizeof text[0], "%s %s%s", short_count((double)n), what, n == 1 ? "" : "s");
	return s;
}

uint64_t text_page_weight(const struct site_sums *sums, enum place_order order)
{
	switch (order) {
	case BY_END:
		return sums->live_bytes;
	case BY_BYTES:
		return sums->allocated_bytes;
	case BY_ALLOCS:
		return sums->allocs;
	case BY_TEMPORARY:
		return sums->temporary;
	default:
		return sums->at_peak_bytes;
	}
}

const char *text_page_value(enum place_order order, uint64_t value)
{
	return order == BY_ALLOCS || order == BY_TEMPORARY ? short_count((double)value)
	                                                   : short_bytes((double)value);
}

const char *text_page_order_name(enum place_order order)
{
	static const char *const names[] = {"bytes live at the peak", "bytes live at the end",
	                                    "allocated bytes",        "allocations",
	                                    "temporary allocations",  "median lifetime"};
	return names[order];
}
