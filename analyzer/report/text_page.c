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

void text_page_paragraph(const struct text_page *p, unsigned indent, const char *text)
{
	char *clean = text_clean_lines(text);
	const char *s = clean;
	while (*s) {
		size_t line = strcspn(s, "\n"), n = line, room = TEXT_PAGE_WIDTH - indent;
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
