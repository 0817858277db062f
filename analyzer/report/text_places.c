/*
 * The list of places in the text report.  Rows that are not shown are added up in a last one, so that
 * columns add up to the totals.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include <langinfo.h>
#include <libsmartcols.h>
#include <locale.h>

#include "report/source_lines.h"
#include "text_page.h"
#include "util/error.h"
#include "util/text.h"

#define WIDE 84u           /* columns from which on all numbers are shown */
#define NAME_ROOM 70u      /* characters of a function's name, where it can be shortened */
#define SOURCE_ROOM 60     /* bytes of a source line */
#define WIDE_NUMBERS 62u   /* columns that the numbers take */
#define NARROW_NUMBERS 38u /* the same where some are left out */
#define LEADERS 3u         /* of the other orders are shown, too */

/* A row: a place, or all places that are equal in what is grouped by. */
struct row {
	char *key;                 /* what the row is called; owned */
	const struct place *place; /* its biggest one */
	struct site_sums sums;
	uint32_t n_sites;
	struct hist lifetime_ns;
	bool shown;
	UT_hash_handle hh;
};

struct rows {
	struct row *by_key;
	struct row **list; /* sorted */
	uint32_t n;
};

/* ---- names ---- */

static char *function_of(const struct place *x)
{
	return x->label ? mem_strdup(x->label)
	                : text_short_function(x->symbol->function, NAME_ROOM);
}

/* "file.c:12", the module where there is no line, "" where there is neither. */
static char *where_of(const struct place *x)
{
	const struct symbol *s = x->symbol;
	if (!s)
		return mem_strdup("");
	if (!*s->file)
		return mem_strdup(s->language == LANGUAGE_UNKNOWN ? ""
		                                                  : text_page_file_name(s->module));
	return s->line ? mem_printf("%s:%u", text_page_file_name(s->file), s->line)
	               : mem_strdup(text_page_file_name(s->file));
}

static const char *class_of(const struct model *m, const struct place *x)
{
	return x->class_id ? trace_class(m->trace, x->class_id)->name : "";
}

static char *join(char *a, char *b)
{
	char *all = *a && *b ? mem_printf("%s  %s", a, b) : mem_printf("%s%s", a, b);
	free(a);
	free(b);
	return all;
}

static char *key_of(const struct text_page *p, const struct place *x)
{
	const struct symbol *s = x->symbol;

	switch (p->o->group) {
	case GROUP_FUNCTION:
		return join(function_of(x), mem_strdup(s ? text_page_file_name(s->file) : ""));
	case GROUP_LINE:
		return s && (*s->file || s->language != LANGUAGE_UNKNOWN) ? where_of(x)
		                                                          : function_of(x);
	case GROUP_FILE:
		return s ? mem_strdup(*s->file ? s->file : s->module) : function_of(x);
	case GROUP_MODULE:
		return s ? mem_strdup(*s->module ? s->module : s->file) : function_of(x);
	case GROUP_CLASS:
		return mem_strdup(x->class_id ? class_of(p->m, x) : "(no object)");
	case GROUP_THREAD:
		return mem_printf("thread %u  %s", x->thread,
		                  x->thread < p->m->trace->n_threads
		                          ? p->m->trace->threads[x->thread].name
		                          : "");
	default:
		return join(join(function_of(x), where_of(x)), mem_strdup(class_of(p->m, x)));
	}
}

/* ---- rows ---- */

/* The column distinguishes equal texts of one line. */
static char *apart(const struct place *x, char *key)
{
	char *with_column = x->symbol && x->symbol->column
	                            ? mem_printf("%s  column %u", key, x->symbol->column)
	                            : mem_printf("%s  (%u)", key, x->frame);
	free(key);
	return with_column;
}

static struct row *row_of(struct rows *rows, const struct text_page *p, const struct place *x)
{
	struct row *r;
	char *key = key_of(p, x);

	HASH_FIND_STR(rows->by_key, key, r);
	if (r && p->o->group == GROUP_PLACE) {
		key = apart(x, key);
		HASH_FIND_STR(rows->by_key, key, r);
	}

	if (r) {
		free(key);
		return r;
	}

	r = mem_zalloc(1, sizeof *r);
	r->key = key;
	r->place = x;
	HASH_ADD_KEYPTR(hh, rows->by_key, r->key, strlen(r->key), r);
	return r;
}

static uint64_t weight(const struct row *r, enum place_order order)
{
	return order == BY_LIFE ? hist_quantile(&r->lifetime_ns, 0.5)
	                        : text_page_weight(&r->sums, order);
}

static int compare_rows(const void *a, const void *b, void *order_p)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
	enum place_order order = *(const enum place_order *)order_p;
	uint64_t v = weight(x, order), w = weight(y, order);
	if (v != w)
		return v < w ? 1 : -1;
	if (x->sums.allocs != y->sums.allocs)
		return x->sums.allocs < y->sums.allocs ? 1 : -1;
	return strcmp(x->key, y->key);
}

static void make_rows(struct rows *rows, const struct text_page *p, struct places *places)
{
	for (uint32_t i = 0; i < places->n; i++) {
		const struct place *x = &places->list[i];
		struct row *r = row_of(rows, p, x);
		sums_add(&r->sums, &x->sums);
		r->n_sites += x->n_sites;
		hist_merge(&r->lifetime_ns, &x->lifetime_ns);
		if (x->sums.allocated_bytes > r->place->sums.allocated_bytes)
			r->place = x;
	}

	rows->n = HASH_COUNT(rows->by_key);
	rows->list = mem_zalloc(rows->n + 1, sizeof(*rows->list));
	uint32_t n = 0;
	for (struct row *r = rows->by_key; r; r = r->hh.next)
		rows->list[n++] = r;
}

static void sort_rows(struct rows *rows, enum place_order order)
{
	qsort_r(rows->list, rows->n, sizeof(*rows->list), compare_rows, &order);
}

static void release_rows(struct rows *rows)
{
	struct row *r, *next;
	HASH_ITER (hh, rows->by_key, r, next) {
		HASH_DEL(rows->by_key, r);
		hist_release(&r->lifetime_ns);
		free(r->key);
		free(r);
	}
	free(rows->list);
}

/* ---- what is shown ---- */

static void show_first(struct rows *rows, const struct text_page *p, enum place_order order,
                       uint32_t n)
{
	regex_t wanted;
	bool filter = p->o->filter && regcomp(&wanted, p->o->filter, REG_EXTENDED | REG_ICASE) == 0;
	sort_rows(rows, order);
	for (uint32_t i = 0; i < rows->n && n; i++) {
		struct row *r = rows->list[i];
		if (!weight(r, order) || (filter && regexec(&wanted, r->key, 0, NULL, 0) != 0))
			continue;
		r->shown = true;
		n--;
	}

	if (filter)
		regfree(&wanted);
}

static void choose(struct rows *rows, const struct text_page *p)
{
	uint32_t top = p->o->all ? UINT32_MAX : p->top;
	if (p->o->order == BY_PEAK && !p->o->filter) { /* nothing else was asked for */
		uint32_t more = LEADERS < top ? LEADERS : top;
		show_first(rows, p, BY_ALLOCS, more);
		show_first(rows, p, BY_END, more);
	}
	show_first(rows, p, p->o->order, top);
	sort_rows(rows, p->o->order);
}

/* ---- the table ---- */

/*
 * Names are UTF-8 whatever the locale is, and libsmartcols never ends on a character that the locale does not have.
 * So the table is made in a locale that has all, or else of ASCII.
 */
static void set(struct libscols_line *line, size_t column, const char *text)
{
	char *plain = mem_strdup(text);
	for (char *p = plain; *p && strcmp(nl_langinfo(CODESET), "UTF-8") != 0; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	if (scols_line_set_data(line, column, plain) != 0)
		die(EXIT_FAILED, "out of memory");
	free(plain);
}

/* The text in lines for the last column: words stay whole, further lines are indented. */
static char *in_lines(const struct text_page *p, const char *text)
{
	size_t room = p->width - (p->width < WIDE ? NARROW_NUMBERS : WIDE_NUMBERS);
	char *out = mem_strdup("");
	const char *indent = "";

	while (*text) {
		size_t n = text_page_line(text, room - strlen(indent));
		char *longer = mem_printf("%s%s%s%.*s", out, *out ? "\n" : "", indent, (int)n,
		                          text);
		free(out);
		out = longer;
		text += n;
		text += strspn(text, " \n");
		indent = "  ";
	}

	return out;
}

static struct libscols_table *table_new(const struct text_page *p)
{
	static const char *const names[] = {"SHARE",  "PEAK", "END",  "ALLOCATED",
	                                    "ALLOCS", "TEMP", "LIFE", "PLACE"};
	struct libscols_table *t = scols_new_table();

	if (!t)
		die(EXIT_FAILED, "out of memory");
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		bool place = i == 7, narrow = i == 2 || i == 5 || i == 6;
		int flags = place ? SCOLS_FL_WRAP : SCOLS_FL_RIGHT;
		if (p->width < WIDE && narrow)
			flags |= SCOLS_FL_HIDDEN;
		struct libscols_column *c = scols_table_new_column(t, names[i], place ? 0.5 : 6,
		                                                   flags);
		if (place)
			scols_column_set_wrapfunc(c, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
			                          NULL);
	}

	scols_table_enable_maxout(t, 0);
	scols_table_set_termforce(t, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(t, p->width - 2);
	scols_table_enable_noencoding(t, 1); /* names are made safe before */
	return t;
}

static void put_numbers(struct libscols_line *line, const struct text_page *p,
                        const struct site_sums *s, const struct hist *life, uint64_t total)
{
	uint64_t value = p->o->order == BY_LIFE ? s->at_peak_bytes
	                                        : text_page_weight(s, p->o->order);
	set(line, 0, total ? short_percent((double)value / (double)total) : "-");
	set(line, 1, short_bytes((double)s->at_peak_bytes));
	set(line, 2, short_bytes((double)s->live_bytes));
	set(line, 3, short_bytes((double)s->allocated_bytes));
	set(line, 4, short_count((double)s->allocs));
	set(line, 5, short_count((double)s->temporary));
	set(line, 6, life && life->total ? short_ns((double)hist_quantile(life, 0.5)) : "-");
}

static struct libscols_line *line_new(struct libscols_table *t)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	if (!line)
		die(EXIT_FAILED, "out of memory");
	return line;
}

static void put_row(struct libscols_table *t, const struct text_page *p, const struct row *r,
                    uint64_t total, struct source_lines *source)
{
	struct libscols_line *line = line_new(t);
	const struct symbol *s = r->place->symbol;
	bool one_line = p->o->group == GROUP_PLACE || p->o->group == GROUP_LINE;
	const char *text = s && one_line && p->width >= WIDE ? source_line(source, s->file, s->line)
	                                                     : NULL;
	char *name = text && *text ? mem_printf("%s\n| %.*s", r->key, SOURCE_ROOM, text)
	                           : mem_strdup(r->key);
	char *clean = text_clean_lines(name), *lines = in_lines(p, clean);

	put_numbers(line, p, &r->sums, &r->lifetime_ns, total);
	set(line, 7, lines);
	free(name);
	free(clean);
	free(lines);
}

static void put_rest(struct libscols_table *t, const struct text_page *p, const struct rows *rows,
                     uint64_t total)
{
	struct site_sums rest = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < rows->n; i++) {
		if (rows->list[i]->shown)
			continue;
		sums_add(&rest, &rows->list[i]->sums);
		n++;
	}

	if (!n)
		return;
	struct libscols_line *line = line_new(t);
	char *name = mem_printf("[other: %s]", text_page_many(n, "row"));
	put_numbers(line, p, &rest, NULL, total);
	set(line, 7, name);
	free(name);
}

/* A line of the libsmartcols table has blanks at its end; a report has none. */
static void put_table(const struct text_page *p, struct libscols_table *t)
{
	char *text = NULL, *line, *rest;

	if (scols_print_table_to_string(t, &text) != 0)
		die(EXIT_FAILED, "out of memory");
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t n = strlen(line);
		while (n && line[n - 1] == ' ')
			n--;
		if (rest || n)
			fprintf(p->f, "  %.*s\n", (int)n, line);
	}

	free(text);
}

static void put_rows(const struct text_page *p, const struct rows *rows, uint64_t total)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
	locale_t before = utf8 ? uselocale(utf8) : 0;
	struct libscols_table *t = table_new(p);
	struct source_lines *source = source_lines_new(p->m->process->cwd);

	for (uint32_t i = 0; i < rows->n; i++)
		if (rows->list[i]->shown)
			put_row(t, p, rows->list[i], total, source);
	put_rest(t, p, rows, total);
	put_table(p, t);

	source_lines_free(source);
	scols_unref_table(t);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
}

/* ---- sizes ---- */

static void put_sizes(const struct text_page *p, const struct places *places)
{
	struct hist all = {0};
	for (uint32_t i = 0; i < places->n; i++)
		hist_merge(&all, &places->list[i].size);
	if (!all.total)
		return;

	char *text = mem_strdup("sizes of allocations:");
	uint64_t before = 0;
	for (unsigned log2 = 4; log2 < 64 && before < all.total; log2++) {
		uint64_t up_to = hist_weight_up_to(&all, 1ull << log2);
		double share = (double)(up_to - before) / (double)all.total;
		if (share >= 0.01) {
			char *longer = mem_printf("%s up to %s %s,", text,
			                          short_bytes((double)(1ull << log2)),
			                          short_percent(share));
			free(text);
			text = longer;
		}
		before = up_to;
	}
	text[strlen(text) - 1] = 0;
	text_page_paragraph(p, 2, text);
	free(text);
	hist_release(&all);
}

/* ---- all ---- */

void text_page_places(const struct text_page *p)
{
	struct places places;
	struct rows rows = {0};
	places_init(&places, p->m);
	make_rows(&rows, p, &places);
	choose(&rows, p);

	uint64_t total = 0;
	for (uint32_t i = 0; i < rows.n; i++)
		total += p->o->order == BY_LIFE ? rows.list[i]->sums.at_peak_bytes
		                                : weight(rows.list[i], p->o->order);
	char *title = p->o->order == BY_LIFE
	                      ? mem_strdup("BY PLACE  by median lifetime; shares of the peak")
	                      : mem_printf("BY PLACE  shares of %s",
	                                   text_page_order_name(p->o->order));
	text_page_heading(p, title);
	free(title);

	put_rows(p, &rows, total);
	put_sizes(p, &places);
	release_rows(&rows);
	places_release(&places);
}
