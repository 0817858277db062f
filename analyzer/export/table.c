/* See table.h. */
#include "export/table.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "model/site_key.h"
#include "util/mem.h"

/* The columns in their order: X(name, type, value in terms of struct row *r). */
#define TEXTS(X)                                                               \
	X(host, TABLE_TEXT, *r->t->host ? r->t->host : r->t->m->process->host) \
	X(container, TABLE_TEXT, r->t->container)                              \
	X(service, TABLE_TEXT, r->t->service)                                  \
	X(version, TABLE_TEXT, r->t->version)                                  \
	X(labels, TABLE_TEXT, r->t->labels)                                    \
	X(exe, TABLE_TEXT, r->t->m->process->exe)                              \
	X(build_id, TABLE_TEXT, r->t->build_id)                                \
	X(site, TABLE_TEXT, r->g->site)                                        \
	X(place, TABLE_TEXT, r->g->place)                                      \
	X(function, TABLE_TEXT, r->g->name->function)                          \
	X(file, TABLE_TEXT, r->g->name->file)                                  \
	X(module, TABLE_TEXT, r->g->name->module)                              \
	X(class, TABLE_TEXT, r->g->class_name ? r->g->class_name : "")         \
	X(stack, TABLE_TEXT, r->g->stack)                                      \
	X(finding, TABLE_TEXT, r->finding ? r->finding->kind : "")

#define COUNTS(X)                                                                              \
	X(schema_version, TABLE_COUNT, TABLE_VERSION)                                          \
	X(pid, TABLE_COUNT, r->t->m->process->pid)                                             \
	X(start_unix_ns, TABLE_COUNT, r->t->m->process->start_real_ns)                         \
	X(window_start_unix_ns, TABLE_COUNT, r->t->m->process->start_real_ns + r->w->start_ns) \
	X(window_end_unix_ns, TABLE_COUNT, r->t->m->process->start_real_ns + r->w->end_ns)     \
	X(line, TABLE_COUNT, r->g->name->line)                                                 \
	X(allocs, TABLE_COUNT, r->s->allocs)                                                   \
	X(allocated_bytes, TABLE_COUNT, r->s->allocated_bytes)                                 \
	X(frees, TABLE_COUNT, r->s->frees)                                                     \
	X(temporary_allocs, TABLE_COUNT, r->s->temporary)                                      \
	X(cross_thread_frees, TABLE_COUNT, r->s->cross_thread_frees)                           \
	X(live_blocks, TABLE_COUNT, r->s->live_blocks)                                         \
	X(live_bytes, TABLE_COUNT, r->s->live_bytes)                                           \
	X(peak_blocks, TABLE_COUNT, r->s->peak_blocks)                                         \
	X(peak_bytes, TABLE_COUNT, r->s->peak_bytes)                                           \
	X(at_peak_blocks, TABLE_COUNT, r->s->at_peak_blocks)                                   \
	X(at_peak_bytes, TABLE_COUNT, r->s->at_peak_bytes)                                     \
	X(process_peak_bytes, TABLE_COUNT, r->w->peak_live_bytes)                              \
	X(lifetime_ns, TABLE_COUNT, r->s->lifetime_ns)                                         \
	X(size_le_16, TABLE_COUNT, r->s->size[0])                                              \
	X(size_le_32, TABLE_COUNT, r->s->size[1])                                              \
	X(size_le_64, TABLE_COUNT, r->s->size[2])                                              \
	X(size_le_128, TABLE_COUNT, r->s->size[3])                                             \
	X(size_le_256, TABLE_COUNT, r->s->size[4])                                             \
	X(size_le_512, TABLE_COUNT, r->s->size[5])                                             \
	X(size_le_1k, TABLE_COUNT, r->s->size[6])                                              \
	X(size_le_2k, TABLE_COUNT, r->s->size[7])                                              \
	X(size_le_4k, TABLE_COUNT, r->s->size[8])                                              \
	X(size_le_32k, TABLE_COUNT, r->s->size[9])                                             \
	X(size_le_256k, TABLE_COUNT, r->s->size[10])                                           \
	X(size_more, TABLE_COUNT, r->s->size[11])                                              \
	X(life_lt_1us, TABLE_COUNT, r->s->lifetime[0])                                         \
	X(life_lt_10us, TABLE_COUNT, r->s->lifetime[1])                                        \
	X(life_lt_100us, TABLE_COUNT, r->s->lifetime[2])                                       \
	X(life_lt_1ms, TABLE_COUNT, r->s->lifetime[3])                                         \
	X(life_lt_10ms, TABLE_COUNT, r->s->lifetime[4])                                        \
	X(life_lt_100ms, TABLE_COUNT, r->s->lifetime[5])                                       \
	X(life_lt_1s, TABLE_COUNT, r->s->lifetime[6])                                          \
	X(life_lt_10s, TABLE_COUNT, r->s->lifetime[7])                                         \
	X(life_more, TABLE_COUNT, r->s->lifetime[8])                                           \
	X(looked_for_findings, TABLE_COUNT, r->t->q->findings != NULL)

#define REALS(X)                                                               \
	X(weight, TABLE_REAL, 1)                                               \
	X(calls_saved_low, TABLE_REAL, saved(r, allocator_calls_saved, low))   \
	X(calls_saved_high, TABLE_REAL, saved(r, allocator_calls_saved, high)) \
	X(bytes_saved_low, TABLE_REAL, saved(r, live_bytes_saved, low))        \
	X(bytes_saved_high, TABLE_REAL, saved(r, live_bytes_saved, high))      \
	X(cpu_ms_saved_low, TABLE_REAL, saved(r, cpu_ms_saved, low))           \
	X(cpu_ms_saved_high, TABLE_REAL, saved(r, cpu_ms_saved, high))

#define COLUMN(name, type, value) {#name, type},
const struct table_column table_columns[] = {TEXTS(COLUMN) COUNTS(COLUMN) REALS(COLUMN){NULL, 0}};
#define N_COLUMNS (sizeof table_columns / sizeof *table_columns - 1)

unsigned table_n_columns(void)
{
	return N_COLUMNS;
}

/* ---- sites of one symbolic key ---- */

struct group {
	struct site_key key;
	uint32_t number;
	const struct site *heaviest;
	const struct finding *finding; /* the first one of its sites, NULL none */
	UT_hash_handle hh;
};

/* The texts of a row's site. */
struct group_texts {
	char site[SITE_KEY_TEXT], place[SITE_KEY_TEXT];
	char *stack, *class_name;
	const struct symbol *name;
};

struct table {
	const struct model *m;
	const struct export_request *q;
	struct group *by_key;
	struct group **groups;
	uint32_t n_groups, groups_room;
	uint32_t *group_of;
	char *build_id, *labels, *service, *version, *container, *host; /* owned */
	void (*row)(void *context, const union table_value *values);
	void *context;
};

struct row {
	const struct table *t;
	const struct window *w;
	const struct window_sums *s;
	const struct group_texts *g;
	const struct finding *finding; /* in the last window only: it is of the whole run */
};

#define saved(r, what, end)                                                                        \
	((r)->finding && (r)->finding->prediction.what.present ? (r)->finding->prediction.what.end \
	                                                       : 0)

static void add_to_group(struct table *t, const struct site *s)
{
	struct site_key key = site_key(t->m, s, 0);
	struct group *g;

	HASH_FIND(hh, t->by_key, &key, sizeof key, g);
	if (!g) {
		g = mem_zalloc(1, sizeof *g);
		g->key = key;
		g->number = t->n_groups;
		g->heaviest = s;
		HASH_ADD(hh, t->by_key, key, sizeof g->key, g);
		*MEM_PUSH(t->groups, t->n_groups, t->groups_room) = g;
	}
	if (s->allocated_bytes > g->heaviest->allocated_bytes)
		g->heaviest = s;
	t->group_of[s->id] = g->number;
}

/* A finding stands at its first site; one of a class without sites at the first site of the class. */
static void place_finding(struct table *t, const struct finding *x)
{
	uint32_t site = x->n_sites ? x->sites[0] : 0;

	while (!x->n_sites && site < t->m->n_sites && t->m->sites[site].class_id != x->class_id)
		site++;
	if (x->verdict > VERDICT_MINOR || site >= t->m->n_sites || (!x->n_sites && !x->class_id))
		return;
	struct group *g = t->groups[t->group_of[site]];
	if (!g->finding)
		g->finding = x;
}

/* ---- rows ---- */

static struct group_texts texts_of(const struct table *t, const struct group *g)
{
	struct group_texts x = {.name = model_site_name(t->m, g->heaviest)};
	struct site_key place = site_key(t->m, g->heaviest, 1);

	site_key_text(&g->key, x.site);
	site_key_text(&place, x.place);
	x.stack = site_key_path(t->m, g->heaviest, 0);
	x.class_name = export_class_name(t->m, g->heaviest->class_id);
	return x;
}

static void give_row(const struct table *t, const struct window *w, const struct window_sums *s,
                     const struct group *g)
{
	union table_value values[N_COLUMNS];
	struct group_texts texts = texts_of(t, g);
	const struct row row = {t, w, s, &texts, w->is_last ? g->finding : NULL}, *r = &row;
	unsigned i = 0;

#define PUT_TEXT(name, type, value) values[i++].text = value;
#define PUT_COUNT(name, type, value) values[i++].count = value;
#define PUT_REAL(name, type, value) values[i++].real = value;
	TEXTS(PUT_TEXT)
	COUNTS(PUT_COUNT)
	REALS(PUT_REAL)
	t->row(t->context, values);

	free(texts.stack);
	free(texts.class_name);
}

static void table_take_window(void *context, const struct window *w, const struct window_sums *sums,
                              uint32_t n_groups)
{
	const struct table *t = context;

	for (uint32_t i = 0; i < n_groups; i++) {
		bool has_finding = w->is_last && t->groups[i]->finding;
		if (sums[i].changed || sums[i].live_blocks || has_finding)
			give_row(t, w, &sums[i], t->groups[i]);
	}
}

/* ---- texts of the process ---- */

/* Value of a label in "service=a,version=b", "" without; to be freed. */
static char *label_of(const char *labels, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = labels; *p; p += strcspn(p, ","), p += *p == ',')
		if (!strncmp(p, name, n) && p[n] == '=')
			return mem_printf("%.*s", (int)(strcspn(p, ",") - n - 1), p + n + 1);
	return mem_strdup("");
}

static char *own_build_id(const struct model *m)
{
	const struct trace *t = m->trace;
	for (uint32_t i = 1; i < t->n_modules; i++)
		if (!strcmp(t->modules[i].path, m->process->exe))
			return export_build_id(&t->modules[i]);
	return mem_strdup("");
}

static void table_init(struct table *t, const struct export_data *d)
{
	const char *labels = d->q->labels ? d->q->labels : "";

	*t = (struct table){.m = d->m, .q = d->q};
	t->labels = mem_strdup(labels);
	t->service = label_of(labels, "service");
	t->version = label_of(labels, "version");
	t->container = label_of(labels, "container");
	t->host = label_of(labels, "host");
	t->build_id = own_build_id(d->m);
	t->group_of = mem_zalloc(d->m->n_sites + 1, sizeof *t->group_of);
	for (uint32_t i = 0; i < d->m->n_sites; i++)
		add_to_group(t, &d->m->sites[i]);
	for (uint32_t i = 0; d->q->findings && i < d->q->findings->n; i++)
		place_finding(t, d->q->findings->list[i]);
}

static void table_release(struct table *t)
{
	struct group *g, *next;
	HASH_ITER (hh, t->by_key, g, next) {
		HASH_DEL(t->by_key, g);
		free(g);
	}

	free(t->groups);
	free(t->group_of);
	free(t->build_id);
	free(t->labels);
	free(t->service);
	free(t->version);
	free(t->container);
	free(t->host);
}

void table_each_row(struct export_data *d,
                    void (*row)(void *context, const union table_value *values), void *context)
{
	struct table t;
	table_init(&t, d);
	t.row = row;
	t.context = context;

	const struct window_request request = {
		.step_ns = d->q->step_ns,
		.group_of = t.group_of,
		.n_groups = t.n_groups,
		.done = table_take_window,
		.context = &t,
	};
	window_scan(d->m, &request);
	table_release(&t);
}
