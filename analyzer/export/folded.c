/*
 * Folded stacks: one line a stack, root first, frames separated by semicolons, then the weight.  Read by
 * inferno-flamegraph, flamegraph.pl, speedscope.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"

static void folded_put_name(FILE *out, const struct symbol *x)
{
	char *function = export_clean(x->function, "; \n", '_');
	const char *slash = strrchr(x->file, '/');
	char *file = export_clean(slash ? slash + 1 : x->file, "; \n", '_');

	fputs(function, out);
	if (*file)
		fprintf(out, "(%s:%u)", file, x->line);
	free(function);
	free(file);
}

static void put_path(const struct export_data *d, uint32_t node)
{
	if (!node)
		return;
	put_path(d, d->table.nodes[node].parent);
	putc(';', d->out);
	folded_put_name(d->out, export_symbol(d, node));
}

static void folded_put_row(const struct export_data *d, const struct export_row *row,
                           const char *process)
{
	char *class_name = export_class_name(d->m, row->class_id);
	char *safe = class_name ? export_clean(class_name, "; \n", '_') : NULL;

	fputs(process, d->out);
	put_path(d, row->node);
	if (safe)
		fprintf(d->out, ";[%s]", safe);
	fprintf(d->out, " %llu\n", (unsigned long long)row->value[d->metric]);
	free(class_name);
	free(safe);
}

static void folded_print(struct export_data *d)
{
	const char *slash = strrchr(d->m->process->exe, '/');
	char *process = export_clean(slash ? slash + 1 : d->m->process->exe, "; \n", '_');

	for (uint32_t i = 0; i < d->n_rows; i++)
		if (d->rows[i].value[d->metric])
			folded_put_row(d, &d->rows[i], process);
	free(process);
}

const struct export_format export_folded = {.name = "folded",
                                            .consumer = "inferno, flamegraph.pl",
                                            .is_many = true,
                                            .print = folded_print};
