/* See own_code.h. */
#include "own_code.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/mem.h"

#define MAX_ROUNDS 4u       /* a helper may call a helper */
#define MAX_CALLS 8u        /* call sites and lines that are counted separately */
#define MIN_LINE_SHARE 0.9  /* of a helper's blocks, from its one line */
#define MAX_CALL_SHARE 0.98 /* of them, for its most frequent caller */
#define MAX_INSIDE 0.1      /* of them, freed by the function itself */
#define ONE_SIZE 1.25       /* largest over mean size: below, a constructor */

/* ---- which code is the program's own ---- */

bool code_is_standard(const struct symbol *s)
{
	return s->standard;
}

bool code_is_in_header(const struct symbol *s, const char *const *headers)
{
	const char *slash = strrchr(s->file, '/'), *base = slash ? slash + 1 : s->file;
	for (; *headers; headers++)
		if (!strcmp(base, *headers))
			return true;
	return false;
}

bool code_is_library(const struct symbol *s)
{
	return s->wrapper || code_is_standard(s);
}

bool site_is_native(const struct model *m, const struct site *s)
{
	if (s->domain != PTF_DOMAIN_C || s->class_id)
		return false;
	const struct symbol *name = model_site_name(m, s);
	return name && name->language != LANGUAGE_PYTHON;
}

const struct symbol *code_caller(const struct stack_view *v, uint32_t i)
{
	for (uint32_t k = i + 1; k < v->n; k++)
		if (v->frames[k]->function_id != v->frames[i]->function_id &&
		    !code_is_library(v->frames[k]))
			return v->frames[k];
	return NULL;
}

/* ---- helpers by their shape ---- */

/* A weighted set of few members; what does not fit is left out. */
struct few {
	uint64_t key[MAX_CALLS], allocs[MAX_CALLS];
	uint32_t n;
};

struct shape {
	uint32_t function_id;
	const struct symbol *symbol;
	uint64_t allocs, bytes, max_size_bytes;
	uint64_t freed_inside; /* blocks of sites whose usual freer is the function itself */
	struct few lines, calls;
	bool calls_others; /* it is an outer frame of another function's blocks, too */
	bool is_helper;
	UT_hash_handle hh;
};

struct helpers {
	struct shape *shapes;
};

static void few_add(struct few *f, uint64_t key, uint64_t allocs)
{
	uint32_t i = 0;
	while (i < f->n && f->key[i] != key)
		i++;
	if (i == MAX_CALLS)
		return;
	if (i == f->n) {
		f->key[f->n] = key;
		f->allocs[f->n++] = 0;
	}
	f->allocs[i] += allocs;
}

static double few_largest_share(const struct few *f, uint64_t allocs)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < f->n; i++)
		most = f->allocs[i] > most ? f->allocs[i] : most;
	return allocs ? (double)most / (double)allocs : 1;
}

static struct shape *shape_find(const struct helpers *h, uint32_t function_id)
{
	struct shape *s;
	HASH_FIND(hh, h->shapes, &function_id, sizeof function_id, s);
	return s;
}

static struct shape *shape_of(struct helpers *h, const struct symbol *symbol)
{
	struct shape *s = shape_find(h, symbol->function_id);
	if (!s) {
		s = mem_zalloc(1, sizeof *s);
		s->function_id = symbol->function_id;
		s->symbol = symbol;
		HASH_ADD(hh, h->shapes, function_id, sizeof s->function_id, s);
	}
	return s;
}

bool helpers_have(const struct helpers *h, const struct symbol *symbol)
{
	const struct shape *s = h ? shape_find(h, symbol->function_id) : NULL;
	return s && s->is_helper;
}

uint32_t code_own_frame(const struct helpers *h, const struct stack_view *v)
{
	uint32_t last_own = v->named < v->n ? v->named : 0;
	for (uint32_t i = v->named; i < v->n; i++) {
		if (code_is_library(v->frames[i]))
			continue;
		if (!helpers_have(h, v->frames[i]))
			return i;
		last_own = i;
	}
	return last_own;
}

/* True if the stack that frees most blocks of the site has the function in it. */
static bool is_freed_inside(const struct model *m, const struct site *s, uint32_t function_id)
{
	uint32_t freer = site_top_freer(s);

	if (!freer)
		return false;
	struct stack_view v = model_stack(m, freer);
	for (uint32_t i = 0; i < v.n; i++)
		if (v.frames[i]->function_id == function_id)
			return true;
	return false;
}

/* The code that calls free(); NULL: it is a standard library's, on somebody's behalf. */
static const struct symbol *who_frees(const struct stack_view *v)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (!v->frames[i]->wrapper)
			return code_is_standard(v->frames[i]) ? NULL : v->frames[i];
	return NULL;
}

/* The module is on the way from the program's own frame to the allocator. */
static bool is_on_the_way(const struct helpers *h, const struct model *m, const struct site *s,
                          const char *module)
{
	struct stack_view v = model_site_stack(m, s);
	uint32_t own = v.n ? code_own_frame(h, &v) : 0;

	for (uint32_t i = 0; i <= own && i < v.n; i++)
		if (!strcmp(v.frames[i]->module, module))
			return true;
	return false;
}

uint64_t code_foreign_frees(const struct helpers *h, const struct model *m, const struct site *s)
{
	uint64_t n = 0;
	struct site_list freers;

	site_freers(s, &freers);
	for (uint32_t i = 0; i < freers.n; i++) {
		struct stack_view v = model_stack(m, (uint32_t)freers.entry[i].key);
		const struct symbol *f = who_frees(&v);
		if (f && f->module && *f->module && !is_on_the_way(h, m, s, f->module))
			n += freers.entry[i].count;
	}

	return n;
}

static void shape_add_site(struct helpers *h, const struct model *m, const struct site *s)
{
	struct stack_view v = model_site_stack(m, s);
	if (!v.n)
		return;
	uint32_t own = code_own_frame(h, &v);
	const struct symbol *f = v.frames[own], *caller = code_caller(&v, own);
	struct shape *x = shape_of(h, f);

	x->allocs += s->allocs;
	x->bytes += s->allocated_bytes;
	if (s->max_size_bytes > x->max_size_bytes)
		x->max_size_bytes = s->max_size_bytes;
	few_add(&x->lines, f->line, s->allocs);
	if (caller)
		few_add(&x->calls, (uint64_t)caller->function_id << 32 | caller->frame, s->allocs);
	if (is_freed_inside(m, s, f->function_id))
		x->freed_inside += s->allocs;

	for (uint32_t i = own + 1; i < v.n; i++)
		if (v.frames[i]->function_id != f->function_id && !code_is_library(v.frames[i]))
			shape_of(h, v.frames[i])->calls_others = true;
}

static bool is_helper(const struct shape *x)
{
	double allocs = (double)x->allocs;
	return x->allocs && !x->calls_others && x->calls.n >= 2 && !code_is_library(x->symbol) &&
	       few_largest_share(&x->calls, x->allocs) <= MAX_CALL_SHARE &&
	       few_largest_share(&x->lines, x->allocs) >= MIN_LINE_SHARE &&
	       (double)x->freed_inside <= MAX_INSIDE * allocs &&
	       (double)x->max_size_bytes * allocs > ONE_SIZE * (double)x->bytes &&
	       x->max_size_bytes > 16;
}

/* Forgets all numbers but those of the helpers found so far. */
static void shapes_clear(struct helpers *h, bool all)
{
	struct shape *x, *next;
	HASH_ITER (hh, h->shapes, x, next)
		if (all || !x->is_helper) {
			HASH_DEL(h->shapes, x);
			free(x);
		}
}

static uint32_t mark_helpers(struct helpers *h)
{
	uint32_t n = 0;
	for (struct shape *x = h->shapes; x; x = x->hh.next)
		if (!x->is_helper && is_helper(x)) {
			x->is_helper = true;
			n++;
		}
	return n;
}

struct helpers *helpers_find(const struct model *m)
{
	struct helpers *h = mem_zalloc(1, sizeof *h);
	for (uint32_t round = 0; round < MAX_ROUNDS; round++) {
		shapes_clear(h, false);
		for (uint32_t i = 0; i < m->n_sites; i++)
			if (site_is_native(m, &m->sites[i]))
				shape_add_site(h, m, &m->sites[i]);
		if (!mark_helpers(h))
			break;
	}
	return h;
}

void helpers_free(struct helpers *h)
{
	if (!h)
		return;
	shapes_clear(h, true);
	free(h);
}
