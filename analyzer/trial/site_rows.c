/*
 * See site_rows.h.  Stacks are sorted by their frames, leaf first; those that begin alike lie together, and a
 * range that is for one use needs no more frames.
 */
#include "trial/site_rows.h"

#include <stdlib.h>
#include <string.h>

#include "enact/plan_format.h"
#include "util/mem.h"

struct stack_row {
	const uint32_t *frames;
	uint32_t n;
	struct site_use use;
	uint64_t allocs;
};

static int by_frames(const void *a, const void *b)
{
	const struct stack_row *x = a, *y = b;

	for (uint32_t i = 0; i < x->n && i < y->n; i++)
		if (x->frames[i] != y->frames[i])
			return x->frames[i] < y->frames[i] ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

/* Only calls that the library looks at: a block that realloc() made is never served. */
static bool is_looked_at(const struct site *s)
{
	return s->domain == PTF_DOMAIN_C && s->op != PTF_OP_REALLOC;
}

/* A frame that the plan can name: a return address in a module with a build id. */
static bool is_nameable(const struct trace *t, uint32_t frame)
{
	const struct trace_frame *f = trace_frame(t, frame);
	return f->module && !f->code && !f->exact && trace_module(t, f->module)->n_build_id;
}

static bool is_one_use(const struct stack_row *row, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (row[i].use.lane != row[0].use.lane)
			return false;
	return true;
}

static void leave_undecided(struct site_rows *rows, const struct stack_row *row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (row[i].use.finding)
			rows->undecided_allocs[row[i].use.finding] += row[i].allocs;
}

/* The n rows have their first `depth` frames in common. */
static void site_rows_split(struct site_rows *rows, const struct trace *t,
                            const struct stack_row *row, uint32_t n, uint32_t depth)
{
	if (depth && is_one_use(row, n)) {
		if (row->use.finding)
			*MEM_PUSH(rows->list, rows->n,
			          rows->room) = (struct site_row){row->use, depth, row->frames};
		return;
	}

	for (uint32_t first = 0, end; first < n; first = end) {
		bool goes_on = row[first].n > depth && depth < PLAN_DEPTH_MAX;
		end = first + 1;
		while (goes_on && end < n && row[end].n > depth &&
		       row[end].frames[depth] == row[first].frames[depth])
			end++;
		if (goes_on && is_nameable(t, row[first].frames[depth]))
			site_rows_split(rows, t, row + first, end - first, depth + 1);
		else
			leave_undecided(rows, row + first, end - first);
	}
}

void site_rows_make(struct site_rows *rows, const struct model *m, const struct site_use *use,
                    uint32_t n_findings)
{
	struct stack_row *row = mem_zalloc(m->n_sites + 1, sizeof *row);
	uint32_t n = 0;

	*rows = (struct site_rows){
		.undecided_allocs = mem_zalloc(n_findings + 1, sizeof *rows->undecided_allocs),
		.frames = mem_zalloc(m->n_sites + 1, PLAN_DEPTH_MAX * sizeof *rows->frames),
	};
	for (uint32_t i = 0; i < m->n_sites; i++) {
		const struct site *s = &m->sites[i];
		uint32_t *frames = rows->frames + (size_t)n * PLAN_DEPTH_MAX;
		if (!is_looked_at(s))
			continue;
		row[n] = (struct stack_row){
			.frames = frames,
			.n = model_raw_stack(m, s->stack, frames, PLAN_DEPTH_MAX),
			.use = use[i],
			.allocs = s->allocs,
		};
		n++;
	}

	qsort(row, n, sizeof *row, by_frames);
	site_rows_split(rows, m->trace, row, n, 0);
	free(row);
}

void site_rows_release(struct site_rows *rows)
{
	free(rows->list);
	free(rows->undecided_allocs);
	free(rows->frames);
}
