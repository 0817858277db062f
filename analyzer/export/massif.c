/*
 * Massif's output format: snapshots along the timeline, and the tree of call stacks at the peak.  Read by
 * ms_print and massif-visualizer.  Children below 1 % of the peak are added up in one line, as massif does.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "util/mem.h"

#define MASSIF_THRESHOLD 0.01

struct massif_tree {
	const struct export_data *d;
	uint64_t *sum;                        /* by node, inclusive */
	uint32_t *first_child, *next_sibling; /* by node, largest sum first; 0 = none */
	uint64_t least;                       /* smaller children are added up */
};

static const uint64_t *sort_sum; /* of by_sum(), while it sorts */

static int by_sum(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	if (sort_sum[x] != sort_sum[y])
		return sort_sum[x] < sort_sum[y] ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* Links every node with its siblings in the order of their sums. */
static void massif_tree_link(struct massif_tree *t)
{
	uint32_t n = t->d->table.n_nodes, *order = mem_alloc((n + 1) * sizeof *order);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	sort_sum = t->sum;
	qsort(order, n, sizeof *order, by_sum);

	/* Smallest first, each put before the others of its parent. */
	for (uint32_t i = n; i-- > 0;) {
		uint32_t node = order[i], parent = t->d->table.nodes[node].parent;
		if (!node || !t->sum[node])
			continue;
		t->next_sibling[node] = t->first_child[parent];
		t->first_child[parent] = node;
	}
	free(order);
}

static void massif_put_name(FILE *out, const struct symbol *x)
{
	char *function = export_clean(x->function, "\n", ' ');
	const char *slash = strrchr(x->file, '/');
	char *file = export_clean(*x->file ? (slash ? slash + 1 : x->file) : x->module, "\n", ' ');

	if (*x->file)
		fprintf(out, "0x0: %s (%s:%u)\n", function, file, x->line);
	else
		fprintf(out, "0x0: %s (in %s)\n", function, file);
	free(function);
	free(file);
}

/* How many children are printed, and what the others have together. */
static uint32_t count_children(const struct massif_tree *t, uint32_t node, uint32_t *n_small,
                               uint64_t *small)
{
	uint32_t n = 0;

	*n_small = 0;
	*small = 0;
	for (uint32_t c = t->first_child[node]; c; c = t->next_sibling[c]) {
		if (t->sum[c] >= t->least) {
			n++;
		} else {
			(*n_small)++;
			*small += t->sum[c];
		}
	}

	return n;
}

static void put_node(const struct massif_tree *t, uint32_t node, unsigned depth)
{
	uint32_t n_small;
	uint64_t small;
	FILE *out = t->d->out;
	uint32_t n = count_children(t, node, &n_small, &small);

	fprintf(out, "%*sn%u: %llu ", (int)depth, "", n + (n_small > 0),
	        (unsigned long long)t->sum[node]);
	if (node)
		massif_put_name(out, export_symbol(t->d, node));
	else
		fputs("(heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n", out);

	for (uint32_t c = t->first_child[node]; c; c = t->next_sibling[c])
		if (t->sum[c] >= t->least)
			put_node(t, c, depth + 1);
	if (n_small)
		fprintf(out, "%*sn0: %llu in %u places, all below massif's threshold (%.2f%%)\n",
		        (int)depth + 1, "", (unsigned long long)small, n_small,
		        100 * MASSIF_THRESHOLD);
}

static void put_tree(const struct export_data *d)
{
	uint32_t n = d->table.n_nodes;
	struct massif_tree t = {.d = d, .sum = export_inclusive(d, METRIC_PEAK)};
	t.first_child = mem_zalloc(n + 1, sizeof *t.first_child);
	t.next_sibling = mem_zalloc(n + 1, sizeof *t.next_sibling);
	t.least = (uint64_t)((double)d->m->totals.peak_live_bytes * MASSIF_THRESHOLD);

	massif_tree_link(&t);
	fputs("heap_tree=peak\n", d->out);
	put_node(&t, 0, 0);
	free(t.sum);
	free(t.first_child);
	free(t.next_sibling);
}

static void put_snapshot(const struct export_data *d, uint32_t number, uint64_t time_ns,
                         uint64_t bytes, bool peak)
{
	fprintf(d->out,
	        "#-----------\nsnapshot=%u\n#-----------\ntime=%.3f\nmem_heap_B=%llu\nmem_heap_"
	        "extra_B=0\n"
	        "mem_stacks_B=0\n",
	        number, (double)time_ns / 1e6, (unsigned long long)bytes);
	if (peak)
		put_tree(d);
	else
		fputs("heap_tree=empty\n", d->out);
}

static void massif_print(struct export_data *d)
{
	const struct model_totals *t = &d->m->totals;
	char *command = export_clean(d->m->process->exe, "\n", ' ');
	uint32_t number = 0;
	bool peak_done = false;

	fprintf(d->out, "desc: pooltrace\ncmd: %s\ntime_unit: ms\n", command);
	for (uint32_t i = 0; i < d->m->n_timeline; i++) {
		const struct model_point *p = &d->m->timeline[i];
		if (!peak_done && p->time_ns >= t->peak_ns) {
			put_snapshot(d, number++, t->peak_ns, t->peak_live_bytes, true);
			peak_done = true;
		}
		put_snapshot(d, number++, p->time_ns, p->live_bytes, false);
	}
	if (!peak_done)
		put_snapshot(d, number, t->peak_ns, t->peak_live_bytes, true);
	free(command);
}

const struct export_format export_massif = {
	.name = "massif", .consumer = "ms_print, massif-visualizer", .print = massif_print};
