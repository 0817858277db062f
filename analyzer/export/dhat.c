/*
 * DHAT's file format, version 2 (valgrind's dh_view.html).  Frames are texts that begin with an address;
 * those here are made of function, file and line, with the frame's number as the address, so that two
 * frames are never one.  The viewer refuses a stack that comes twice: rows of one stack are added up.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "util/mem.h"

static char *dhat_frame_text(const struct stack_frame *f, uint32_t number)
{
	const struct symbol *x = f->symbol;
	const char *slash = strrchr(x->file, '/');
	if (*x->file)
		return mem_printf("0x%x: %s (%s:%u)", number, x->function,
		                  slash ? slash + 1 : x->file, x->line);
	return mem_printf("0x%x: %s (in %s)", number, x->function, x->module);
}

static void put_frame_table(struct json_stream *j, const struct stack_table *t)
{
	json_begin(j, "ftbl", '[');
	json_text(j, NULL, "[root]", 0);
	for (uint32_t i = 0; i < t->n_frames; i++) {
		char *text = dhat_frame_text(&t->frames[i], i + 1);
		json_text(j, NULL, text, 0);
		free(text);
	}
	json_end(j, ']');
}

static void put_point(struct json_stream *j, const struct export_data *d,
                      const struct export_row *row)
{
	json_begin(j, NULL, '{');
	json_count(j, "tb", row->value[METRIC_ALLOCATED]);
	json_count(j, "tbk", row->value[METRIC_ALLOCS]);
	json_count(j, "tl", row->lifetime_ns / 1000);
	json_count(j, "mb", row->own_peak_bytes);
	json_count(j, "mbk", row->own_peak_blocks);
	json_count(j, "gb", row->value[METRIC_PEAK]);
	json_count(j, "gbk", row->peak_blocks);
	json_count(j, "eb", row->value[METRIC_LIVE]);
	json_count(j, "ebk", row->live_blocks);

	json_begin(j, "fs", '[');
	for (uint32_t node = row->node; node; node = d->table.nodes[node].parent)
		json_count(j, NULL, d->table.nodes[node].frame + 1);
	json_end(j, ']');
	json_end(j, '}');
}

/* The rows from `first` on that have its stack, added up; *next is the first one with another. */
static struct export_row stack_sum(const struct export_data *d, uint32_t first, uint32_t *next)
{
	struct export_row sum = d->rows[first];
	uint32_t i = first + 1;

	for (; i < d->n_rows && d->rows[i].node == sum.node; i++)
		export_row_add(&sum, &d->rows[i]);
	*next = i;
	return sum;
}

static void put_head(struct json_stream *j, const struct export_data *d)
{
	json_count(j, "dhatFileVersion", 2);
	json_text(j, "mode", "heap", 0);
	json_text(j, "verb", "Allocated", 0);
	json_part(j, "bklt", cJSON_CreateTrue());
	json_part(j, "bkacc", cJSON_CreateFalse());
	json_text(j, "tu", "\xc2\xb5s", 0);

	json_text(j, "Mtu", "s", 0);
	json_count(j, "tuth", 500);
	json_text(j, "cmd", d->m->process->exe, 0);
	json_count(j, "pid", d->m->process->pid);
	json_count(j, "tg", d->m->totals.peak_ns / 1000);
	json_count(j, "te", d->m->duration_ns / 1000);
}

static void dhat_print(struct export_data *d)
{
	struct json_stream j = {.f = d->out};
	json_begin(&j, NULL, '{');
	put_head(&j, d);

	json_begin(&j, "pps", '[');
	for (uint32_t i = 0, next; i < d->n_rows; i = next) {
		struct export_row row = stack_sum(d, i, &next);
		put_point(&j, d, &row);
	}
	json_end(&j, ']');
	put_frame_table(&j, &d->table);
	json_end(&j, '}');
	putc('\n', d->out);
}

const struct export_format export_dhat = {
	.name = "dhat", .consumer = "valgrind's dh_view.html", .print = dhat_print};
