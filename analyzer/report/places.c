/* See places.h. */
#include "report/places.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/mem.h"

struct place_key {
	uint32_t frame, class_id, kind, module; /* module: code id of what is imported */
};

struct place_entry {
	struct place_key key;
	uint32_t number;
	UT_hash_handle hh;
};

/* ---- sums ---- */

void sums_add_site(struct site_sums *sum, const struct site *s)
{
	sum->allocs += s->allocs;
	sum->frees += s->frees;
	sum->allocated_bytes += s->allocated_bytes;
	sum->live_blocks += s->live_blocks;
	sum->live_bytes += s->live_bytes;
	sum->at_peak_blocks += s->at_peak_blocks;
	sum->at_peak_bytes += s->at_peak_bytes;
	sum->temporary += s->temporary;
	sum->cross_thread_frees += s->cross_thread_frees;
	sum->gc_frees += s->gc_frees;
}

void sums_add(struct site_sums *sum, const struct site_sums *x)
{
	sum->allocs += x->allocs;
	sum->frees += x->frees;
	sum->allocated_bytes += x->allocated_bytes;
	sum->live_blocks += x->live_blocks;
	sum->live_bytes += x->live_bytes;
	sum->at_peak_blocks += x->at_peak_blocks;
	sum->at_peak_bytes += x->at_peak_bytes;
	sum->temporary += x->temporary;
	sum->cross_thread_frees += x->cross_thread_frees;
	sum->gc_frees += x->gc_frees;
}

bool sums_are_small(const struct model *m, const struct site_sums *x, double share)
{
	const struct model_totals *t = &m->totals;
	return (double)x->at_peak_bytes < share * (double)t->peak_live_bytes &&
	       (double)x->live_bytes <= share * (double)t->live_bytes &&
	       (double)x->allocated_bytes < share * (double)t->allocated_bytes &&
	       (double)x->allocs < share * (double)t->allocs &&
	       (double)x->temporary <= share * (double)t->temporary_allocs;
}

/* ---- names of stacks ---- */

static uint32_t parent_of(const struct model *m, uint32_t node)
{
	return m->trace->nodes[node].parent;
}

/* The innermost source frame of a node that is Python; NULL: it is native. */
static const struct symbol *python_symbol(const struct model *m, uint32_t node)
{
	uint32_t n;
	const struct symbol *x = model_frame_symbols(m, m->trace->nodes[node].frame, &n)[0];
	return x->language == LANGUAGE_PYTHON ? x : NULL;
}

static const struct symbol *first_python(const struct model *m, uint32_t node, uint32_t *at_node)
{
	const struct symbol *x;
	for (; node; node = parent_of(m, node)) {
		if ((x = python_symbol(m, node)) != NULL) {
			*at_node = node;
			return x;
		}
	}
	return NULL;
}

static const struct symbol *first_native(const struct model *m, uint32_t node, uint32_t *at_node)
{
	const struct symbol *leaf = NULL;

	*at_node = node;
	for (; node; node = parent_of(m, node)) {
		uint32_t n;
		const struct symbol *const *list =
			model_frame_symbols(m, m->trace->nodes[node].frame, &n);
		leaf = leaf ? leaf : list[0];
		for (uint32_t i = 0; i < n; i++) {
			if (list[i]->wrapper)
				continue;
			*at_node = node;
			return list[i];
		}
	}

	return leaf;
}

const struct symbol *stack_name(const struct model *m, uint32_t trace_node, uint32_t *at_node)
{
	const struct symbol *x = m->trace->nodes[trace_node].python
	                                 ? first_python(m, trace_node, at_node)
	                                 : NULL;
	return x ? x : first_native(m, trace_node, at_node);
}

/* ---- imports, start and end of an interpreter ---- */

/* The import machinery's outermost node between `node` and the Python frame that imports, which goes to
 * *importer; 0: nothing but machinery up to the root. */
static uint32_t import_node(const struct model *m, uint32_t node, uint32_t *importer)
{
	uint32_t top = node;

	*importer = 0;
	for (; node; node = parent_of(m, node)) {
		const struct symbol *x = python_symbol(m, node);
		if (!x)
			continue;
		if (!is_import_machinery(x)) {
			*importer = node;
			break;
		}
		top = node;
	}

	return top;
}

/* A module's own code that runs under the machinery tells what that part of the tree imports. */
static void find_imported(struct places *p, const struct model *m)
{
	const struct trace *t = m->trace;
	p->imported = mem_zalloc(t->n_nodes + 1, sizeof *p->imported);
	for (uint32_t node = 1; node < t->n_nodes; node++) {
		const struct trace_frame *f = trace_frame(t, t->nodes[node].frame);
		uint32_t importer, parent = t->nodes[node].parent;
		if (!f->code || !parent || strcmp(trace_code(t, f->code)->name, "<module>"))
			continue;
		const struct symbol *x = first_python(m, parent, &parent);
		if (x && is_import_machinery(x))
			p->imported[import_node(m, parent, &importer)] = f->code + 1;
	}
}

/* "/usr/lib/python3.11/json/decoder.py" -> "json.decoder" */
static char *module_name(const char *file)
{
	static const char *const roots[] = {"site-packages/", "dist-packages/"};
	const char *from = NULL, *at;
	for (unsigned i = 0; !from && i < sizeof roots / sizeof *roots; i++)
		if ((at = strstr(file, roots[i])) != NULL)
			from = at + strlen(roots[i]);
	if (!from && (at = strstr(file, "/lib/python3")) != NULL && (at = strchr(at + 5, '/')))
		from = at + 1;
	if (!from)
		from = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;

	char *name = mem_strdup(from);
	size_t n = strlen(name);
	if (n > 3 && !strcmp(name + n - 3, ".py"))
		name[n -= 3] = 0;
	if (n > 9 && !strcmp(name + n - 9, "/__init__"))
		name[n - 9] = 0;
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '.';
	return name;
}

static enum place_kind native_kind(const struct model *m, uint32_t node)
{
	static const char *const starts[] = {"Py_Initialize", "pymain_init", "_PyRuntime_Init",
	                                     "Py_NewInterpreter", "pyinit_"};
	static const char *const ends[] = {"Py_FinalizeEx", "finalize_modules",
	                                   "Py_EndInterpreter"};

	for (; node; node = parent_of(m, node)) {
		const char *f = model_frame_symbol(m, m->trace->nodes[node].frame)->function;
		for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++)
			if (!strncmp(f, starts[i], strlen(starts[i])))
				return PLACE_START;
		for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++)
			if (!strncmp(f, ends[i], strlen(ends[i])))
				return PLACE_END;
	}

	return PLACE_FRAME;
}

struct spot {
	const struct symbol *symbol;
	enum place_kind kind;
	uint32_t module; /* code id + 1 */
};

static struct spot spot_of(const struct places *p, const struct model *m, uint32_t node)
{
	uint32_t at = 0, importer;
	struct spot spot = {.symbol = stack_name(m, node, &at), .kind = PLACE_FRAME};

	if (!spot.symbol || !m->process->python)
		return spot;
	if (spot.symbol->language != LANGUAGE_PYTHON) {
		spot.kind = native_kind(m, at);
	} else if (is_import_machinery(spot.symbol)) {
		spot.module = p->imported[import_node(m, at, &importer)];
		spot.kind = importer ? PLACE_IMPORT : PLACE_START;
		spot.symbol = importer ? python_symbol(m, importer) : NULL;
	}

	if (spot.kind == PLACE_START || spot.kind == PLACE_END)
		spot = (struct spot){.kind = spot.kind};
	return spot;
}

/* ---- places ---- */

static const char *label_of(struct places *p, const struct model *m, const struct spot *spot)
{
	if (spot->kind == PLACE_START)
		return "[interpreter start-up]";
	if (spot->kind == PLACE_END)
		return "[interpreter shut-down]";
	if (spot->kind != PLACE_IMPORT)
		return spot->symbol ? NULL : "[unknown stack]";
	if (!spot->module)
		return "import";
	char *name = module_name(trace_code(m->trace, spot->module - 1)->file);
	char *label = mem_printf("import %s", name);
	const char *kept = arena_copy(&p->labels, label, strlen(label));
	free(label);
	free(name);

	return kept;
}

static struct place *place_get(struct places *p, const struct model *m, const struct site *s)
{
	struct spot spot = spot_of(p, m, trace_stack(m->trace, s->stack)->node);
	struct place_key key = {0};
	struct place_entry *e;
	key.frame = spot.symbol ? stack_table_frame(&p->table, spot.symbol) : UINT32_MAX;
	key.class_id = s->class_id;
	key.kind = spot.kind;
	key.module = spot.module;
	HASH_FIND(hh, p->index, &key, sizeof key, e);
	if (e)
		return &p->list[e->number];

	e = mem_zalloc(1, sizeof *e);
	e->key = key;
	e->number = p->n;
	HASH_ADD(hh, p->index, key, sizeof e->key, e);
	struct place *x = MEM_PUSH(p->list, p->n, p->room);
	*x = (struct place){.symbol = spot.symbol,
	                    .frame = key.frame,
	                    .class_id = s->class_id,
	                    .kind = (uint8_t)spot.kind,
	                    .label = label_of(p, m, &spot),
	                    .site = s->id};
	return x;
}

static void place_add(struct place *x, const struct model *m, const struct site *s)
{
	sums_add_site(&x->sums, s);
	x->n_sites++;
	if (s->allocated_bytes > m->sites[x->site].allocated_bytes)
		x->site = s->id;
	struct site_thread first = site_thread_at(s, 0);
	if (first.n_allocs > x->thread_allocs) {
		x->thread = first.thread;
		x->thread_allocs = first.n_allocs;
	}

	if (s->n_threads_seen > x->n_threads)
		x->n_threads = s->n_threads_seen;
	hist_merge(&x->lifetime_ns, &s->lifetime_ns);
	hist_merge(&x->size, &s->size);
}

void places_init(struct places *p, const struct model *m)
{
	*p = (struct places){0};
	stack_table_init(&p->table, m, true);
	if (m->process->python)
		find_imported(p, m);
	p->of_site = mem_zalloc(m->n_sites + 1, sizeof *p->of_site);
	for (uint32_t i = 0; i < m->n_sites; i++) {
		struct place *x = place_get(p, m, &m->sites[i]);
		place_add(x, m, &m->sites[i]);
		p->of_site[i] = (uint32_t)(x - p->list);
	}
}

static void add_place(struct place *to, struct place *from)
{
	sums_add(&to->sums, &from->sums);
	to->n_sites += from->n_sites;
	hist_merge(&to->lifetime_ns, &from->lifetime_ns);
	hist_merge(&to->size, &from->size);
	hist_release(&from->lifetime_ns);
	hist_release(&from->size);
}

void places_fold(struct places *p, const struct model *m, double least_share)
{
	uint32_t *moved = mem_zalloc(p->n + 1, sizeof *moved), n = 0, n_small = 0;
	struct place small = {.kind = PLACE_SMALL};
	for (uint32_t i = 0; i < p->n; i++) {
		if (sums_are_small(m, &p->list[i].sums, least_share)) {
			add_place(&small, &p->list[i]);
			moved[i] = UINT32_MAX;
			n_small++;
		} else {
			moved[i] = n;
			p->list[n++] = p->list[i];
		}
	}

	for (uint32_t i = 0; i < m->n_sites; i++)
		p->of_site[i] = moved[p->of_site[i]] == UINT32_MAX ? n : moved[p->of_site[i]];
	if (n_small) {
		char *label = mem_printf("[%u small places]", n_small);
		small.label = arena_copy(&p->labels, label, strlen(label));
		p->list[n++] = small; /* at least one has left its place */
		free(label);
	}
	p->n = n;
	free(moved);
}

void places_release(struct places *p)
{
	struct place_entry *e, *next;

	HASH_ITER (hh, p->index, e, next) {
		HASH_DEL(p->index, e);
		free(e);
	}

	for (uint32_t i = 0; i < p->n; i++) {
		hist_release(&p->list[i].lifetime_ns);
		hist_release(&p->list[i].size);
	}

	free(p->list);
	free(p->of_site);
	free(p->imported);
	arena_release(&p->labels);
	stack_table_release(&p->table);
}
