/* See plan_file.h. */
#include "trial/plan_file.h"

#include <stdlib.h>
#include <string.h>

#include "detect/plan.h"
#include "enact/plan_format.h"
#include "trial/site_rows.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

#define UNDECIDED_MOST 0.02 /* share of a finding's allocations that a plan may leave out */
#define CHUNK_BYTES 65536u
#define ROOM_ROUNDS 2u /* a region takes no more than this many of the largest round */

/* ---- what can be enacted ---- */

static const char *kind_without_plan(const struct finding *x)
{
	if (x->slots)
		return NULL;
	if (!strcmp(x->kind, "slots"))
		return "the class gets its slots from a decorator, has a base without slots, or is "
		       "one "
		       "of many";
	if (!strcmp(x->kind, "constructed-reuse"))
		return "the library sees blocks, not how the program constructs what is in them";
	if (!strcmp(x->kind, "allocator"))
		return "LD_PRELOAD with that library tries it";
	return "this kind of finding has nothing that a library could do for the program";
}

const char *enact_kind_why_not(const struct finding *x)
{
	if (!x->plan)
		return kind_without_plan(x);
	switch (x->plan->policy) {
	case POLICY_FREE:
		return "only the program knows when it needs a block no more";
	case POLICY_BOUND:
		return "only the program can drop the entries of its cache";
	case POLICY_RESERVE:
		return x->plan->by_realloc ? NULL
		                           : "the container grows by copying: it asks for each "
		                             "size itself, and "
		                             "only its owner can ask for the last one first";
	case POLICY_TUNABLE:
		return x->plan->tunables ? NULL : "it has no setting";
	default:
		return x->n_sites ? NULL : "it names no allocation";
	}
}

/* The frame's module as it is now, against the recorded one. */
static const char *module_why_not(const struct model *m, const struct trace_frame *f,
                                  uint32_t frame)
{
	model_frame_symbol(m, frame); /* opens the module's file */
	switch (symbols_module_state(m->symbols, f->module)) {
	case MODULE_CHANGED:
		return "was rebuilt since the recording: record it again";
	case MODULE_MISSING:
		return "is not there any more";
	default:
		return NULL;
	}
}

static char *site_why_not(const struct model *m, const struct site *s)
{
	uint32_t frame;

	if (s->op == PTF_OP_NEW)
		return mem_strdup(
			"the program's allocator has an operator new of its own, which does "
			"not call malloc()");
	if (s->domain != PTF_DOMAIN_C || !model_raw_stack(m, s->stack, &frame, 1))
		return mem_strdup("its blocks are not asked from malloc()");
	const struct trace_frame *f = trace_frame(m->trace, frame);
	if (f->code)
		return NULL;
	const struct trace_module *module = trace_module(m->trace, f->module);
	if (!module->n_build_id)
		return mem_printf("'%s' has no build id to know it by: link it with -Wl,--build-id",
		                  module->path);
	const char *why = module_why_not(m, f, frame);
	return why ? mem_printf("'%s' %s", module->path, why) : NULL;
}

static uint32_t n_lanes_of(const struct finding *x)
{
	const struct plan *p = x->plan;
	if (!p || p->policy == POLICY_TUNABLE)
		return 0;
	return p->policy == POLICY_BUNDLE ? p->n_parts : 1;
}

char *enact_why_not(const struct model *m, const struct finding *x)
{
	const char *kind = enact_kind_why_not(x);
	char *why = kind ? mem_strdup(kind) : NULL;

	if (!why && n_lanes_of(x) && m->health.double_allocs)
		return mem_printf("%s blocks were given back past free(), where the library cannot "
		                  "take them",
		                  full_count(m->health.double_allocs));
	for (uint32_t i = 0; !why && n_lanes_of(x) && i < x->n_sites; i++)
		why = site_why_not(m, &m->sites[x->sites[i]]);
	return why;
}

/* ---- writing ---- */

struct writer {
	FILE *f;
	const struct model *m;
	uint32_t *frame_number, *module_number; /* by id; 0: not written yet */
	uint32_t n_frames, n_modules;
	bool has_failed;
};

static void put_module(struct writer *w, uint32_t id)
{
	const struct trace_module *module = trace_module(w->m->trace, id);
	char *path = text_clean(module->path);

	if (w->module_number[id]) {
		free(path);
		return;
	}
	w->module_number[id] = ++w->n_modules;
	w->has_failed |= w->n_modules >= PLAN_MODULES_MAX || module->n_build_id > PLAN_BUILD_ID_MAX;
	fputs("module ", w->f);
	for (uint32_t i = 0; i < module->n_build_id; i++)
		fprintf(w->f, "%02x", module->build_id[i]);
	fprintf(w->f, " %s\n", *path ? path : "?");
	free(path);
}

static void put_frame(struct writer *w, uint32_t id)
{
	const struct trace_frame *f = trace_frame(w->m->trace, id);

	if (w->frame_number[id])
		return;
	put_module(w, f->module);
	w->frame_number[id] = ++w->n_frames;
	w->has_failed |= w->n_frames >= PLAN_FRAMES_MAX;
	fprintf(w->f, "frame %u %llx\n", w->module_number[f->module],
	        (unsigned long long)f->offset);
}

static uint64_t largest_of_part(const struct model *m, const struct finding *x, uint32_t part)
{
	uint64_t most = 1;
	for (uint32_t i = part ? x->plan->part_end[part - 1] : 0;
	     i < x->plan->part_end[part] && i < x->n_sites; i++)
		if (m->sites[x->sites[i]].max_size_bytes > most)
			most = m->sites[x->sites[i]].max_size_bytes;
	return most;
}

/* The lanes of a bundle: one for each part, as the parts come from calls of their own. */
static void put_parts(struct writer *w, const struct finding *x, uint32_t number)
{
	for (uint32_t part = 0; part < x->plan->n_parts; part++) {
		unsigned long bytes = (unsigned long)largest_of_part(w->m, x, part);
		fprintf(w->f, "lane %u slab %lu %lu\n", number, bytes,
		        (unsigned long)x->plan->chunk_slots * bytes);
	}
}

static void put_lanes(struct writer *w, const struct finding *x, uint32_t number)
{
	const struct plan *p = x->plan;

	if (x->slots)
		fprintf(w->f, "slots %u %s\n", number, x->slots);
	if (!n_lanes_of(x))
		return;
	switch (p->policy) {
	case POLICY_BUNDLE:
		put_parts(w, x, number);
		break;
	case POLICY_CLASSES:
		fprintf(w->f, "lane %u classes %u\n", number, CHUNK_BYTES);
		break;
	case POLICY_REGION:
		fprintf(w->f, "lane %u region %lu %lu\n", number, (unsigned long)p->chunk_bytes,
		        (unsigned long)(ROOM_ROUNDS * (p->round_bytes + p->chunk_bytes)));
		break;
	case POLICY_HOIST:
		fprintf(w->f, "lane %u hoist %lu\n", number, (unsigned long)p->slot_bytes);
		break;
	case POLICY_RESERVE:
		fprintf(w->f, "lane %u slab %lu %u\n", number, (unsigned long)p->reserve_bytes,
		        CHUNK_BYTES);
		break;
	default:
		fprintf(w->f, "lane %u slab %lu %lu\n", number, (unsigned long)p->slot_bytes,
		        (unsigned long)(p->slot_bytes * p->chunk_slots));
	}
}

static uint32_t part_of(const struct plan *p, uint32_t i)
{
	uint32_t part = 0;
	while (p->policy == POLICY_BUNDLE && part + 1 < p->n_parts && i >= p->part_end[part])
		part++;
	return part;
}

/* The first finding that names a site has it. */
static struct site_use *uses_of(const struct model *m, struct finding *const *findings, uint32_t n)
{
	struct site_use *use = mem_zalloc(m->n_sites + 1, sizeof *use);
	uint32_t lane = 1;

	for (uint32_t i = 0; i < n; i++) {
		const struct finding *x = findings[i];
		for (uint32_t k = 0; k < x->n_sites && n_lanes_of(x); k++) {
			struct site_use *u = &use[x->sites[k]];
			if (!u->finding)
				*u = (struct site_use){(uint8_t)(i + 1),
				                       (uint8_t)(lane + part_of(x->plan, k))};
		}
		lane += n_lanes_of(x);
	}
	return use;
}

static void put_sites(struct writer *w, const struct site_rows *rows)
{
	for (uint32_t i = 0; i < rows->n; i++) {
		const struct site_row *row = &rows->list[i];
		for (uint32_t k = 0; k < row->n_frames; k++)
			put_frame(w, row->frames[k]);
		fprintf(w->f, "site %u", row->use.lane);
		for (uint32_t k = 0; k < row->n_frames; k++)
			fprintf(w->f, " %u", w->frame_number[row->frames[k]]);
		fputc('\n', w->f);
	}
}

static uint64_t allocs_of(const struct model *m, const struct finding *x)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < x->n_sites; i++)
		n += m->sites[x->sites[i]].allocs;
	return n;
}

static int check_decided(const struct model *m, struct finding *const *findings, uint32_t n,
                         const struct site_rows *rows)
{
	for (uint32_t i = 0; i < n; i++)
		if (n_lanes_of(findings[i]) &&
		    (double)rows->undecided_allocs[i + 1] >
		            UNDECIDED_MOST * (double)allocs_of(m, findings[i]))
			return error(
				"finding %s: %s of its %s allocations have the same callers as "
				"others",
				findings[i]->key, full_count(rows->undecided_allocs[i + 1]),
				full_count(allocs_of(m, findings[i])));
	return 0;
}

static void put_findings(struct writer *w, struct finding *const *findings, uint32_t n)
{
	uint32_t n_lanes = 0;

	for (uint32_t i = 0; i < n; i++)
		fprintf(w->f, "finding %s %s\n", findings[i]->key, findings[i]->kind);
	for (uint32_t i = 0; i < n; i++) {
		put_lanes(w, findings[i], i + 1);
		n_lanes += n_lanes_of(findings[i]);
	}
	w->has_failed |= n_lanes > PLAN_LANE_LINES_MAX;
}

int plan_file_write(FILE *f, const struct model *m, struct finding *const *findings, uint32_t n)
{
	struct writer w = {.f = f, .m = m};
	struct site_rows rows;
	struct site_use *use = uses_of(m, findings, n);
	int result = 0;

	if (n > PLAN_FINDINGS_MAX)
		return error("a plan has at most %u findings, not %u", PLAN_FINDINGS_MAX, n);
	site_rows_make(&rows, m, use, n);
	result = check_decided(m, findings, n, &rows);
	w.frame_number = mem_zalloc(m->trace->n_frames + 1, sizeof *w.frame_number);
	w.module_number = mem_zalloc(m->trace->n_modules + 1, sizeof *w.module_number);

	fputs(PLAN_FIRST_LINE "\n", f);
	put_findings(&w, findings, n);
	put_sites(&w, &rows);
	fputs("end\n", f);
	if (!result && (w.has_failed || ferror(f)))
		result = error("the plan is too large, or cannot be written");

	free(w.frame_number);
	free(w.module_number);
	free(use);
	site_rows_release(&rows);
	return result;
}

int plan_file_save(const char *path, const struct model *m, struct finding *const *findings,
                   uint32_t n)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return error_errno("cannot write '%s'", path);
	int result = plan_file_write(f, m, findings, n);
	if (fclose(f) != 0 && !result)
		result = error_errno("cannot write '%s'", path);
	return result;
}
