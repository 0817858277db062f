/*
 * Call stacks in the text report: as a tree from the roots, or from the biggest places to their callers.
 * A branch is shown as long as it has 2 % of all; lines that only lead on are joined.
 */
#include <stdlib.h>
#include <string.h>

#include "text_page.h"
#include "util/text.h"

#define LEAST_SHARE 0.02
#define DEEPEST 60u

struct tree {
	const struct text_page *p;
	struct stack_table table;
	uint64_t *value;     /* by node */
	uint32_t *n_shown;   /* children that are big enough */
	uint32_t **children; /* of each node, biggest first */
	uint64_t total;
};

/* ---- values ---- */

static uint32_t leaf_of(struct tree *t, const struct site *s, bool callers)
{
	uint32_t node = trace_stack(t->p->m->trace, s->stack)->node;
	return callers ? stack_table_inverted(&t->table, node) : stack_table_node(&t->table, node);
}

static void add_values(struct tree *t, bool callers)
{
	const struct model *m = t->p->m;
	uint32_t *leaf = mem_zalloc(m->n_sites + 1, sizeof *leaf);
	for (uint32_t i = 0; i < m->n_sites; i++)
		leaf[i] = leaf_of(t, &m->sites[i], callers);

	t->value = mem_zalloc(t->table.n_nodes, sizeof *t->value);
	for (uint32_t i = 0; i < m->n_sites; i++) {
		struct site_sums sums = {0};
		sums_add_site(&sums, &m->sites[i]);
		t->value[leaf[i]] += text_page_weight(&sums, t->p->o->order);
	}
	for (uint32_t node = t->table.n_nodes; node-- > 1;)
		t->value[t->table.nodes[node].parent] += t->value[node];
	t->total = t->value[0];
	free(leaf);
}

/* ---- children ---- */

static bool is_big(const struct tree *t, uint32_t node)
{
	return t->value[node] && (double)t->value[node] >= LEAST_SHARE * (double)t->total;
}

static int bigger(const void *a, const void *b, void *tree)
{
	const struct tree *t = tree;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	if (t->value[x] != t->value[y])
		return t->value[x] < t->value[y] ? 1 : -1;
	return x < y ? -1 : x > y;
}

static void find_children(struct tree *t)
{
	uint32_t n = t->table.n_nodes;

	t->n_shown = mem_zalloc(n, sizeof *t->n_shown);
	t->children = mem_zalloc(n, sizeof(*t->children));
	for (uint32_t node = 1; node < n; node++) {
		uint32_t parent = t->table.nodes[node].parent;
		if (!is_big(t, node))
			continue;
		t->children[parent] = mem_realloc(t->children[parent],
		                                  (t->n_shown[parent] + 1) * sizeof(uint32_t));
		t->children[parent][t->n_shown[parent]++] = node;
	}

	for (uint32_t node = 0; node < n; node++)
		if (t->n_shown[node])
			qsort_r(t->children[node], t->n_shown[node], sizeof(uint32_t), bigger, t);
}

/* ---- printing ---- */

static void put_node(const struct tree *t, uint32_t node, unsigned depth)
{
	const struct text_page *p = t->p;
	fprintf(p->f, "  %6s %10s  ", short_percent((double)t->value[node] / (double)t->total),
	        text_page_value(p->o->order, t->value[node]));
	unsigned indent = depth * 2, room = p->width > 60 ? p->width - 60 : 10;
	fprintf(p->f, "%*s", (int)(indent < room ? indent : room), "");
	text_page_frame(p, t->table.frames[t->table.nodes[node].frame].symbol);
	fputc('\n', p->f);
}

/* Nodes that only lead to one other with the same value are left out but for the first. */
static uint32_t skip_chain(const struct tree *t, uint32_t node, unsigned *n_skipped)
{
	*n_skipped = 0;
	while (t->n_shown[node] == 1 && t->value[t->children[node][0]] == t->value[node] &&
	       t->n_shown[t->children[node][0]]) {
		node = t->children[node][0];
		++*n_skipped;
	}
	return node;
}

static void put_below(const struct tree *t, uint32_t node, unsigned depth)
{
	for (uint32_t i = 0; i < t->n_shown[node] && depth < DEEPEST; i++) {
		unsigned n_skipped;
		uint32_t child = t->children[node][i];
		put_node(t, child, depth);

		uint32_t last = t->p->o->all ? child : skip_chain(t, child, &n_skipped);
		if (last != child && n_skipped > 1)
			fprintf(t->p->f, "  %6s %10s  %*s.. %u frames\n", "", "",
			        (int)depth * 2 + 2, "", n_skipped - 1);
		if (last != child)
			put_node(t, last, depth + 1);
		put_below(t, last, depth + (last != child ? 2 : 1));
	}
}

void text_page_tree(const struct text_page *p, bool callers)
{
	struct tree t = {.p = p};
	stack_table_init(&t.table, p->m, true);
	t.table.fold_imports = !p->o->all;
	add_values(&t, callers);
	find_children(&t);

	char *title = mem_printf("%s  %s, at least %s of %s", callers ? "CALLERS" : "CALL STACKS",
	                         text_page_order_name(p->o->order), short_percent(LEAST_SHARE),
	                         text_page_value(p->o->order, t.total));
	text_page_heading(p, title);
	free(title);
	put_below(&t, 0, 0);

	for (uint32_t node = 0; node < t.table.n_nodes; node++)
		free(t.children[node]);
	free(t.children);
	free(t.n_shown);
	free(t.value);
	stack_table_release(&t.table);
}
