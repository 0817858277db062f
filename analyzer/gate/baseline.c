/*
 * A baseline: the numbers of a run that was found good, kept beside the sources and read in reviews.
 *
 *     # pooltrace baseline 1
 *     # kind  allocations  bytes  peak  end  name
 *     total   1200  34555  4000  0  all
 *     place   1000  24000  -     0  parse_document
 *     region  100   2400   -     0  Suite.Name
 *
 * Fields are separated by tabs.  Rows are sorted by kind and name.  Names are symbolic (model/site_key.h): no
 * lines, no addresses, no directories.  Places with less than 1 % of the run in everything have no row.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/gate.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

#define HEAD "# pooltrace baseline 1\n"
#define LEAST_SHARE 0.01
#define MOST_ROWS 1000000u

static const char *const kinds[] = {"total", "place", "region"};

static const enum gate_measure compared[] = {GATE_ALLOCS, GATE_BYTES, GATE_END};
#define N_COMPARED (sizeof compared / sizeof *compared)

/* ---- writing ---- */

static int by_kind_and_name(const void *a, const void *b)
{
	const struct gate_row *x = *(const struct gate_row *const *)a,
			      *y = *(const struct gate_row *const *)b;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static const struct gate_row *total_row(const struct gate *g)
{
	for (uint32_t i = 0; i < g->n_rows; i++)
		if (g->rows[i]->kind == GATE_TOTAL)
			return g->rows[i];
	return NULL;
}

static bool is_small(const struct gate_row *x, const struct gate_row *all)
{
	for (unsigned i = 0; i < N_COMPARED; i++)
		if ((double)x->value[compared[i]] >=
		            LEAST_SHARE * (double)all->value[compared[i]] &&
		    x->value[compared[i]])
			return false;
	return x->kind == GATE_PLACE;
}

static void put_row(const struct gate_row *x, FILE *f)
{
	char *name = text_clean(x->name);

	fprintf(f, "%s\t%llu\t%llu\t", kinds[x->kind], (unsigned long long)x->value[GATE_ALLOCS],
	        (unsigned long long)x->value[GATE_BYTES]);
	if (x->kind == GATE_TOTAL)
		fprintf(f, "%llu", (unsigned long long)x->value[GATE_PEAK]);
	else
		fputc('-', f);
	fprintf(f, "\t%llu\t%s\n", (unsigned long long)x->value[GATE_END], name);
	free(name);
}

static void put_rows(const struct gate *g, FILE *f)
{
	const struct gate_row *all = total_row(g);
	struct gate_row **list = mem_alloc((g->n_rows + 1) * sizeof(*list));

	memcpy(list, g->rows, g->n_rows * sizeof(*list));
	qsort(list, g->n_rows, sizeof(*list), by_kind_and_name);
	fputs(HEAD "# kind\tallocations\tbytes\tpeak\tend\tname\n", f);
	for (uint32_t i = 0; i < g->n_rows; i++)
		if (!is_small(list[i], all))
			put_row(list[i], f);
	free(list);
}

int gate_write_baseline(const struct gate *g, const char *path)
{
	char *draft = mem_printf("%s.%d", path, (int)getpid());
	FILE *f = fopen(draft, "we");
	int result = 0;

	if (f) {
		put_rows(g, f);
		bool failed = fflush(f) != 0 || ferror(f);
		if (fclose(f) != 0 || failed || rename(draft, path) < 0)
			result = error_errno("cannot write '%s'", path);
	} else {
		result = error_errno("cannot write '%s'", path);
	}
	if (result < 0)
		unlink(draft);
	free(draft);
	return result;
}

/* ---- reading ---- */

/* A row of the file: how it was. */
struct old_row {
	enum gate_kind kind;
	char *name;
	uint64_t value[GATE_MEASURES];
};

struct old_rows {
	struct old_row *list;
	uint32_t n, room;
};

static bool read_number(char **at, uint64_t *value)
{
	char *end;
	errno = 0;
	*value = **at == '-' ? 0 : strtoull(*at, &end, 10);
	if (**at == '-')
		end = *at + 1;
	if (errno || end == *at || *end != '\t')
		return false;
	*at = end + 1;
	return true;
}

static bool read_row(struct old_rows *rows, char *line)
{
	struct old_row x = {0};
	char *at = strchr(line, '\t');
	unsigned kind = 0;

	if (!at || rows->n >= MOST_ROWS)
		return false;
	*at++ = 0;
	while (kind < 3 && strcmp(kinds[kind], line) != 0)
		kind++;
	for (unsigned i = 0; i < GATE_MEASURES; i++)
		if (!read_number(&at, &x.value[i]))
			return false;
	at[strcspn(at, "\n")] = 0;
	if (kind == 3 || !*at)
		return false;

	x.kind = kind;
	x.name = mem_strdup(at);
	*MEM_PUSH(rows->list, rows->n, rows->room) = x;
	return true;
}

static int read_rows(struct old_rows *rows, const char *path)
{
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	int result = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return error_errno("cannot open '%s'%s", path,
		                   errno == ENOENT ? " (--update-baseline writes it)" : "");
	while (result == 0 && getline(&line, &room, f) >= 0) {
		if (!number++ && strcmp(line, HEAD) != 0)
			result = error("'%s' is not a baseline of this version", path);
		else if (*line != '#' && *line != '\n' && !read_row(rows, line))
			result = error("'%s' line %u: expected kind, four numbers and a name "
			               "separated by tabs",
			               path, number);
	}
	if (result == 0 && !number)
		result = error("'%s' is empty", path);
	free(line);
	fclose(f);
	return result;
}

static void release_rows(struct old_rows *rows)
{
	for (uint32_t i = 0; i < rows->n; i++)
		free(rows->list[i].name);
	free(rows->list);
}

/* ---- comparing ---- */

static int old_by_kind_and_name(const void *a, const void *b)
{
	const struct old_row *x = a, *y = b;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static struct old_row *find_old(const struct old_rows *rows, const struct gate_row *now)
{
	char *clean = text_clean(now->name);
	struct old_row key = {.kind = now->kind, .name = clean};
	struct old_row *x = rows->n ? bsearch(&key, rows->list, rows->n, sizeof key,
	                                      old_by_kind_and_name)
	                            : NULL;
	free(clean);
	return x;
}

static const char *kind_prefix(enum gate_kind kind)
{
	return kind == GATE_REGION ? "region " : "";
}

static void complain(struct gate *g, const struct gate_row *now, enum gate_measure i, bool is_new,
                     double before, double allowed)
{
	double after = (double)now->value[i];
	char *subject = mem_printf("%s%s", kind_prefix(now->kind), now->name);
	char *grew = before > 0 ? mem_printf(" (+%.3g %%)", 100 * (after - before) / before)
	                        : mem_strdup("");
	char *was = is_new ? mem_strdup("less than 1 % of the run")
	                   : mem_strdup(gate_value(before, i));

	struct gate_check *check = gate_check_add(
		g, "baseline", subject, now->file, now->line, true, "%s: %s %s, before %s%s",
		subject, gate_value(after, i), gate_measure_words(i), was, is_new ? "" : grew);
	check->actual = after;
	check->allowed = allowed;
	free(was);
	free(grew);
	free(subject);
}

/* A place that the baseline does not name had at most 1 % of each of its totals. */
static void compare_row(struct gate *g, const struct gate_row *now, const struct old_row *old,
                        const struct old_row *old_all)
{
	bool failed = false, is_place = now->kind == GATE_PLACE;

	for (unsigned i = 0; i < GATE_MEASURES; i++) {
		if (i == GATE_PEAK && now->kind != GATE_TOTAL)
			continue;
		double before = old        ? (double)old->value[i]
		                : is_place ? LEAST_SHARE * (double)old_all->value[i]
		                           : 0;
		double allowed = before * (1 + g->tolerance);
		if ((double)now->value[i] <= allowed || (!old && !is_place))
			continue;
		complain(g, now, i, !old, before, allowed);
		failed = true;
	}
	if (!failed && now->kind != GATE_PLACE)
		gate_check_add(g, "baseline", now->name, NULL, 0, false,
		               "%s%s: not above the baseline", kind_prefix(now->kind), now->name);
}

int gate_check_baseline(struct gate *g, const char *path)
{
	struct old_rows old = {0};
	int result = read_rows(&old, path);

	if (old.n)
		qsort(old.list, old.n, sizeof *old.list, old_by_kind_and_name);
	if (result == 0 && (!old.n || old.list[0].kind != GATE_TOTAL))
		result = error("'%s' has no row of the total", path);
	if (result == 0) {
		qsort(g->rows, g->n_rows, sizeof(*g->rows), by_kind_and_name);
		for (uint32_t i = 0; i < g->n_rows; i++)
			compare_row(g, g->rows[i], find_old(&old, g->rows[i]), &old.list[0]);
	}
	release_rows(&old);
	return result;
}
