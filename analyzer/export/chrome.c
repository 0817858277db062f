/* Counters over time in the trace event format of Chrome and Perfetto: live bytes, live blocks, reserved bytes. */
#include "export/export.h"

static void put_counter(struct json_stream *j, const struct export_data *d,
                        const struct model_point *p, const char *name, uint64_t value)
{
	json_begin(j, NULL, '{');
	json_text(j, "ph", "C", 0);
	json_text(j, "name", name, 0);
	json_count(j, "pid", d->m->process->pid);
	json_count(j, "ts", p->time_ns / 1000);
	json_begin(j, "args", '{');
	json_count(j, name, value);
	json_end(j, '}');
	json_end(j, '}');
}

static void put_process_name(struct json_stream *j, const struct export_data *d)
{
	json_begin(j, NULL, '{');
	json_text(j, "ph", "M", 0);
	json_text(j, "name", "process_name", 0);
	json_count(j, "pid", d->m->process->pid);
	json_begin(j, "args", '{');
	json_text(j, "name", d->m->process->exe, 0);
	json_end(j, '}');
	json_end(j, '}');
}

static void chrome_print(struct export_data *d)
{
	struct json_stream j = {.f = d->out};
	json_begin(&j, NULL, '{');
	json_text(&j, "displayTimeUnit", "ms", 0);
	json_begin(&j, "traceEvents", '[');
	put_process_name(&j, d);

	for (uint32_t i = 0; i < d->m->n_timeline; i++) {
		const struct model_point *p = &d->m->timeline[i];
		put_counter(&j, d, p, "live bytes", p->live_bytes);
		put_counter(&j, d, p, "live blocks", p->live_blocks);
		put_counter(&j, d, p, "reserved bytes", p->reserved_bytes);
	}
	json_end(&j, ']');
	json_end(&j, '}');
	putc('\n', d->out);
}

const struct export_format export_chrome = {
	.name = "chrome", .consumer = "chrome://tracing, Perfetto", .print = chrome_print};
