/*
 * `pooltrace diff A B`: what changed between two runs, site by site.  Sites are matched by the names of
 * the functions on the stack, without lines and addresses, so that they survive edits and rebuilds.
 */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "util/mem.h"
#include "util/text.h"

struct diff_command {
	long top;
	double max_growth; /* percent; negative: none */
	bool help_shown;
};

/* Of the names on a stack: 128 bits, so that no two stacks of a trace will share it.  The names themselves
 * would take their length for each site. */
struct key {
	uint64_t hash[2];
};

/* One place in both runs. */
struct row {
	struct key key;
	const char *name;
	uint64_t allocs[2], bytes[2], peak[2], live[2];
	UT_hash_handle hh;
};

static const struct option_row rows[] = {
	{"top", 'n', "N", "rows to print (20)"},
	{"max-growth", 0, "PERCENT",
         "exit with 3 when allocations, bytes or the peak grew by more than this"},
	DEBUGINFOD_ROW,
	{0},
};

static int diff_take(void *context, const char *name, const char *value)
{
	struct diff_command *c = context;
	char *end;

	if (!strcmp(name, "help")) {
		command_help(stdout, &cmd_diff);
		c->help_shown = true;
		return -1;
	}

	if (!strcmp(name, "top")) {
		c->top = options_number("top", value, 1);
		return c->top < 0 ? -1 : 0;
	}

	if (!strcmp(name, "debuginfod")) {
		symbols_ask_server();
		return 0;
	}

	c->max_growth = strtod(value, &end);
	if (*end || end == value || !(c->max_growth >= 0))
		return error("'--max-growth' needs a percentage, not '%s'", value);
	return 0;
}

static void hash_text(struct key *k, const char *text)
{
	size_t n = strlen(text) + 1;
	k->hash[0] = XXH64(text, n, k->hash[0]);
	k->hash[1] = XXH64(text, n, k->hash[1] + 1);
}

/* Of the functions from the named frame to the root, and the class. */
static struct key key_of(const struct model *m, const struct site *s)
{
	const struct class_stats *class = s->class_id ? model_class(m, s->class_id) : NULL;
	struct stack_view v = model_site_stack(m, s);
	struct key k = {{0, 0}};
	const char *last = "";
	for (uint32_t i = v.named; i < v.n; i++) {
		if (strcmp(last, v.frames[i]->function)) /* recursion: once */
			hash_text(&k, v.frames[i]->function);
		last = v.frames[i]->function;
	}
	hash_text(&k, class ? class->name : "");
	return k;
}

static void diff_add_sites(struct row **table, const struct model *m, unsigned side)
{
	for (uint32_t i = 0; i < m->n_sites; i++) {
		const struct site *s = &m->sites[i];
		struct key key = key_of(m, s);
		struct row *r;
		HASH_FIND(hh, *table, &key, sizeof key, r);
		if (!r) {
			const struct symbol *name = model_site_name(m, s);
			r = mem_zalloc(1, sizeof *r);
			r->key = key;
			r->name = name ? name->function : "?";
			HASH_ADD(hh, *table, key, sizeof r->key, r);
		}
		r->allocs[side] += s->allocs;
		r->bytes[side] += s->allocated_bytes;
		r->peak[side] += s->peak_live_bytes;
		r->live[side] += s->live_bytes;
	}
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int by_change(struct row *x, struct row *y)
{
	uint64_t a = apart(x->bytes[0], x->bytes[1]), b = apart(y->bytes[0], y->bytes[1]);
	if (a != b)
		return a < b ? 1 : -1;
	a = apart(x->allocs[0], x->allocs[1]), b = apart(y->allocs[0], y->allocs[1]);
	if (a != b)
		return a < b ? 1 : -1;
	int by_name = strcmp(x->name, y->name);
	return by_name ? by_name : memcmp(&x->key, &y->key, sizeof x->key);
}

static const char *change(double before, double after, const char *(*text)(double))
{
	static char buffer[8][48];
	static unsigned next;
	char *s = buffer[next++ % 8];
	snprintf(s, sizeof buffer[0], "%s%s", after >= before ? "+" : "-",
	         text(after >= before ? after - before : before - after));
	return s;
}

static void put_total(const char *what, uint64_t a, uint64_t b, const char *(*text)(double))
{
	printf("  %-20s %14s %14s %14s\n", what, text((double)a), text((double)b),
	       change((double)a, (double)b, text));
}

static uint64_t diff_calls_of(const struct model *m)
{
	return m->totals.allocs + m->totals.frees - m->totals.reallocs;
}

static void put_totals(const struct model *a, const struct model *b)
{
	printf("  %-20s %14s %14s %14s\n", "", "before", "after", "change");
	put_total("allocator calls", diff_calls_of(a), diff_calls_of(b), short_count);
	put_total("allocations", a->totals.allocs, b->totals.allocs, short_count);
	put_total("allocated", a->totals.allocated_bytes, b->totals.allocated_bytes, short_bytes);
	put_total("live at the peak", a->totals.peak_live_bytes, b->totals.peak_live_bytes,
	          short_bytes);
	put_total("live at the end", a->totals.live_bytes, b->totals.live_bytes, short_bytes);
	uint64_t before = model_untraced_cpu_ns(a), after = model_untraced_cpu_ns(b);
	if (before && after)
		put_total("CPU untraced", before, after, short_ns);
}

static void put_rows(struct row *table, long top)
{
	long n = 0, left_out = 0;

	printf("\n  %14s %14s %14s  %s\n", "allocated", "allocations", "own peak", "by");
	for (struct row *r = table; r; r = r->hh.next) {
		if (r->allocs[0] == r->allocs[1] && r->bytes[0] == r->bytes[1] &&
		    r->peak[0] == r->peak[1])
			continue;
		if (n++ >= top) {
			left_out++;
			continue;
		}
		printf("  %14s %14s %14s  ",
		       change((double)r->bytes[0], (double)r->bytes[1], short_bytes),
		       change((double)r->allocs[0], (double)r->allocs[1], short_count),
		       change((double)r->peak[0], (double)r->peak[1], short_bytes));
		text_put(stdout, r->name);
		printf("%s\n", !r->allocs[0] ? "  (new)" : !r->allocs[1] ? "  (gone)" : "");
	}

	if (!n)
		puts("  no site changed");
	if (left_out)
		printf("  and %ld more\n", left_out);
}

/* Python classes whose instances changed in number. */
static void diff_put_classes(const struct model *a, const struct model *b, long top)
{
	bool headed = false;

	for (uint32_t i = 0; i < b->n_classes && top > 0; i++) {
		const struct class_stats *after = &b->classes[i], *before = NULL;
		for (uint32_t k = 0; k < a->n_classes && !before; k++)
			if (!strcmp(a->classes[k].name, after->name) &&
			    !strcmp(a->classes[k].module, after->module))
				before = &a->classes[k];
		if (!before || (before->built == after->built &&
		                before->peak_live_bytes == after->peak_live_bytes))
			continue;
		if (!headed)
			printf("\n  %14s %14s  %s\n", "built", "own peak", "class");
		headed = true;
		top--;
		printf("  %14s %14s  ",
		       change((double)before->built, (double)after->built, short_count),
		       change((double)before->peak_live_bytes, (double)after->peak_live_bytes,
		              short_bytes));
		text_put(stdout, after->name);
		putchar('\n');
	}
}

static bool grew(double limit, uint64_t a, uint64_t b)
{
	return limit >= 0 && (double)b > (double)a * (1 + limit / 100);
}

static int diff_models(const struct diff_command *c, const struct model *a, const struct model *b)
{
	struct row *table = NULL, *r, *next;

	diff_add_sites(&table, a, 0);
	diff_add_sites(&table, b, 1);
	HASH_SORT(table, by_change);
	put_totals(a, b);
	put_rows(table, c->top);
	diff_put_classes(a, b, c->top);
	HASH_ITER (hh, table, r, next) {
		HASH_DEL(table, r);
		free(r);
	}

	const struct model_totals *x = &a->totals, *y = &b->totals;
	if (grew(c->max_growth, x->allocs, y->allocs) ||
	    grew(c->max_growth, x->allocated_bytes, y->allocated_bytes) ||
	    grew(c->max_growth, x->peak_live_bytes, y->peak_live_bytes)) {
		warning("grew by more than %g %%", c->max_growth);
		return EXIT_EXCEEDED;
	}

	return EXIT_FINE;
}

static int diff_run(int argc, char **argv)
{
	struct diff_command c = {.top = 20, .max_growth = -1};
	int first = options_parse(argc, argv, rows, false, diff_take, &c);

	if (first < 0)
		return usage_exit(c.help_shown);
	if (first != argc - 2) {
		error("diff takes two traces, before and after; 'pooltrace help diff' tells more");
		return EXIT_USAGE;
	}

	struct model *a = load_model(argv[first]), *b = a ? load_model(argv[first + 1]) : NULL;
	int code = EXIT_FAILED;
	if (a && b) {
		code = diff_models(&c, a, b);
		int damaged = load_exit_code(a) | load_exit_code(b);
		code = code ? code : damaged;
	}

	if (b)
		model_free(b);
	if (a)
		model_free(a);
	return code;
}

const struct command cmd_diff = {
	.name = "diff",
	.arguments = "[OPTIONS] BEFORE AFTER",
	.summary = "compare two runs, site by site",
	.text = "Sites are matched by the functions on their stacks, so that moved lines do not "
		"matter.\n"
		"Exit code 3: grew by more than --max-growth.",
	.options = rows,
	.run = diff_run,
};
