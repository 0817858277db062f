/* What all parts of the text report are written with. */
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "util/text.h"

#define PAGE_NAME 60u /* characters of a function's name, where it can be shortened */

const char *page_bold(const struct page *p)
{
	return p->o->color ? "\033[1m" : "";
}

const char *page_plain(const struct page *p)
{
	return p->o->color ? "\033[0m" : "";
}

void page_heading(const struct page *p, const char *text)
{
	fprintf(p->f, "\n%s%s%s\n", page_bold(p), text, page_plain(p));
}

void page_paragraph(const struct page *p, unsigned indent, const char *text)
{
	char *clean = text_clean_lines(text);
	const char *s = clean;
	while (*s) {
		size_t line = strcspn(s, "\n"), n = line, room = PAGE_WIDTH - indent;
		if (n > room)
			for (n = room; n && s[n] != ' '; n--)
				;
		if (!n)
			n = line < room ? line : room;
		fprintf(p->f, "%*s%.*s\n", (int)indent, "", (int)n, s);
		s += n;
		s += *s == ' ' || *s == '\n';
	}
	free(clean);
}

const char *page_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

void page_frame(const struct page *p, const struct symbol *x)
{
	char *name = text_short_function(x->function, PAGE_NAME);
	text_put(p->f, name);
	free(name);
	if (x->guessed)
		fputs(" ?", p->f);
	if (*x->file) {
		fputs("  ", p->f);
		text_put(p->f, page_file_name(x->file));
		if (x->line)
			fprintf(p->f, ":%u", x->line);
	} else if (x->language != LANGUAGE_UNKNOWN) { /* else the name says so */
		fputs("  ", p->f);
		text_put(p->f, page_file_name(x->module));
	}
}
