/* See json_announced.h. */
#include "report/json_announced.h"

struct announced_columns {
	struct stack_table *table;
	const struct announced *a;
};

void json_announced_names(struct stack_table *t, const struct announced *a)
{
	for (uint32_t i = 0; a && i < a->n_marks; i++)
		stack_table_string(t, a->marks[i].name);
	for (uint32_t i = 0; a && i < a->n_regions; i++)
		stack_table_string(t, a->regions[i].name);
	for (uint32_t i = 0; a && i < a->n_names; i++)
		stack_table_string(t, a->names[i].name);
}

#define COLUMN(prefix, field, expression)                                 \
	static uint64_t prefix##_##field(const void *context, uint32_t i) \
	{                                                                 \
		const struct announced_columns *c = context;              \
		return expression;                                        \
	}
#define MARK(field) COLUMN(mark, field, c->a->marks[i].field)
#define REGION(field) COLUMN(region, field, c->a->regions[i].field)
#define NAME(field) COLUMN(name, field, c->a->names[i].field)

COLUMN(mark, name, stack_table_string(c->table, c->a->marks[i].name))
MARK(time_ns)
MARK(event)
MARK(thread)
MARK(live_bytes)
MARK(live_blocks)
MARK(allocs)
MARK(allocated_bytes)

COLUMN(region, name, stack_table_string(c->table, c->a->regions[i].name))
REGION(thread)
REGION(begin_ns)
REGION(end_ns)
REGION(open)
REGION(allocs)
REGION(allocated_bytes)
REGION(temporary)
REGION(begin_bytes)
REGION(end_bytes)
REGION(peak_bytes)
REGION(begin_blocks)
REGION(end_blocks)

COLUMN(name, name, stack_table_string(c->table, c->a->names[i].name))
NAME(n)
NAME(total_ns)
NAME(allocs)
NAME(allocated_bytes)
NAME(temporary)
NAME(most_rise_bytes)
NAME(begin_bytes)
NAME(end_bytes)

struct column {
	const char *key;
	json_value *value;
};

static void put_columns(struct json_stream *j, const char *key, uint32_t n,
                        const struct column *list, const struct announced_columns *c)
{
	json_begin(j, key, '{');
	json_count(j, "n", n);
	for (; list->key; list++)
		json_column(j, list->key, n, list->value, c);
	json_end(j, '}');
}

static const struct column mark_columns[] = {
	{"name", mark_name},
	{"time_ns", mark_time_ns},
	{"event", mark_event},
	{"thread", mark_thread},
	{"live_bytes", mark_live_bytes},
	{"live_blocks", mark_live_blocks},
	{"allocs", mark_allocs},
	{"allocated_bytes", mark_allocated_bytes},
	{0},
};

static const struct column region_columns[] = {
	{"name", region_name},
	{"thread", region_thread},
	{"begin_ns", region_begin_ns},
	{"end_ns", region_end_ns},
	{"open", region_open},
	{"allocs", region_allocs},
	{"allocated_bytes", region_allocated_bytes},
	{"temporary_allocs", region_temporary},
	{"begin_bytes", region_begin_bytes},
	{"end_bytes", region_end_bytes},
	{"peak_bytes", region_peak_bytes},
	{"begin_blocks", region_begin_blocks},
	{"end_blocks", region_end_blocks},
	{0},
};

static const struct column name_columns[] = {
	{"name", name_name},
	{"regions", name_n},
	{"total_ns", name_total_ns},
	{"allocs", name_allocs},
	{"allocated_bytes", name_allocated_bytes},
	{"temporary_allocs", name_temporary},
	{"most_rise_bytes", name_most_rise_bytes},
	{"begin_bytes", name_begin_bytes},
	{"end_bytes", name_end_bytes},
	{0},
};

void json_announced(struct json_stream *j, struct stack_table *t, const struct announced *a)
{
	const struct announced_columns c = {t, a};
	if (!a)
		return;
	put_columns(j, "marks", a->n_marks, mark_columns, &c);
	put_columns(j, "regions", a->n_regions, region_columns, &c);
	put_columns(j, "region_names", a->n_names, name_columns, &c);
	json_count(j, "marks_left_out", a->n_left_out);
}
