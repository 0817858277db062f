/*
 * Callgrind's profile format: self cost of each frame and cost of each call, with four events.  Read by
 * callgrind_annotate, KCachegrind, gprof2dot.
 *
 * A call that is on a stack twice (recursion) counts once for that stack.
 */
#include <stdlib.h>
#include <uthash.h>

#include "export/export.h"
#include "util/mem.h"

static const enum export_metric events[] = {METRIC_ALLOCATED, METRIC_ALLOCS, METRIC_PEAK,
                                            METRIC_LIVE};
#define N_EVENTS (sizeof events / sizeof *events)

/* callee SELF: the caller's own cost. */
#define SELF UINT32_MAX
struct call_key {
	uint32_t caller, callee; /* frames */
};

struct call {
	struct call_key key;
	uint64_t cost[N_EVENTS];
	UT_hash_handle hh;
};

struct calls {
	const struct export_data *d;
	struct call *all;
};

static void call_add(struct calls *c, struct call_key key, const struct export_row *row)
{
	struct call *x;
	HASH_FIND(hh, c->all, &key, sizeof key, x);
	if (!x) {
		x = mem_zalloc(1, sizeof *x);
		x->key = key;
		HASH_ADD(hh, c->all, key, sizeof x->key, x);
	}
	for (unsigned i = 0; i < N_EVENTS; i++)
		x->cost[i] += row->value[events[i]];
}

/* Is the call from the parent of `node` to it made once more nearer to the leaf? */
static bool call_comes_again(const struct stack_table *t, uint32_t leaf, uint32_t node)
{
	struct stack_node this_one = t->nodes[node];
	for (uint32_t n = leaf; n != node; n = t->nodes[n].parent)
		if (t->nodes[n].frame == this_one.frame &&
		    t->nodes[t->nodes[n].parent].frame == t->nodes[this_one.parent].frame)
			return true;
	return false;
}

static void add_row(struct calls *c, const struct export_row *row)
{
	const struct stack_table *t = &c->d->table;
	if (!row->node)
		return;
	call_add(c, (struct call_key){t->nodes[row->node].frame, SELF}, row);

	for (uint32_t node = row->node; t->nodes[node].parent; node = t->nodes[node].parent)
		if (!call_comes_again(t, row->node, node))
			call_add(c,
			         (struct call_key){t->nodes[t->nodes[node].parent].frame,
			                           t->nodes[node].frame},
			         row);
}

static int by_caller(const struct call *a, const struct call *b)
{
	if (a->key.caller != b->key.caller)
		return a->key.caller < b->key.caller ? -1 : 1;
	return a->key.callee < b->key.callee ? -1 : a->key.callee > b->key.callee;
}

static void callgrind_put_place(FILE *out, const struct symbol *x, const char *prefix)
{
	char *function = export_clean(x->function, "\n", ' '),
	     *file = export_clean(x->file, "\n", ' '), *module = export_clean(x->module, "\n", ' ');
	fprintf(out, "%sob=%s\n%s=%s\n%sfn=%s\n", prefix, module, *prefix ? "cfi" : "fl",
	        *file ? file : "???", prefix, function);
	free(function);
	free(file);
	free(module);
}

static void put_call(const struct calls *c, const struct call *x)
{
	const struct stack_frame *frames = c->d->table.frames;
	const struct symbol *caller = frames[x->key.caller].symbol;
	FILE *out = c->d->out;

	callgrind_put_place(out, caller, "");
	if (x->key.callee != SELF) {
		const struct symbol *callee = frames[x->key.callee].symbol;
		callgrind_put_place(out, callee, "c");
		fprintf(out, "calls=%llu %u\n", (unsigned long long)x->cost[1], callee->line);
	}
	fprintf(out, "%u", caller->line);
	for (unsigned i = 0; i < N_EVENTS; i++)
		fprintf(out, " %llu", (unsigned long long)x->cost[i]);
	fputs("\n\n", out);
}

static void put_summary(const struct export_data *d)
{
	fputs("summary:", d->out);
	for (unsigned i = 0; i < N_EVENTS; i++) {
		uint64_t sum = 0;
		for (uint32_t k = 0; k < d->n_rows; k++)
			sum += d->rows[k].node ? d->rows[k].value[events[i]] : 0;
		fprintf(d->out, " %llu", (unsigned long long)sum);
	}
	fputs("\n\n", d->out);
}

static void callgrind_print(struct export_data *d)
{
	struct calls c = {.d = d};
	struct call *x, *next;
	for (uint32_t i = 0; i < d->n_rows; i++)
		add_row(&c, &d->rows[i]);
	HASH_SORT(c.all, by_caller);

	fprintf(d->out,
	        "# callgrind format\nversion: 1\ncreator: pooltrace " POOLTRACE_VERSION
	        "\npositions: line\nevents: AllocatedBytes Allocations PeakBytes EndBytes\n");
	put_summary(d);
	HASH_ITER (hh, c.all, x, next) {
		put_call(&c, x);
		HASH_DEL(c.all, x);
		free(x);
	}
}

const struct export_format export_callgrind = {
	.name = "callgrind",
	.consumer = "callgrind_annotate, KCachegrind, gprof2dot",
	.print = callgrind_print};
