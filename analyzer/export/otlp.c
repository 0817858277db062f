/*
 * OpenTelemetry's profiles (opentelemetry/proto/profiles/v1development/profiles.proto), a ProfilesData message.  One
 * profile for each kind of value; names, stacks and attributes are in the dictionary, whose entries 0 are empty.
 */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/protobuf.h"

/* Field numbers of ProfilesDictionary. */
enum {
	MAPPING_TABLE = 1,
	LOCATION_TABLE = 2,
	FUNCTION_TABLE = 3,
	LINK_TABLE = 4,
	STRING_TABLE = 5,
	ATTRIBUTE_TABLE = 6,
	STACK_TABLE = 7
};

struct otlp {
	struct export_data *d;
	struct protobuf dictionary, a, b, c; /* under construction, a is the outermost */
	char **class_names;                  /* by class id; the string table refers to them */
	uint32_t *class_attribute; /* by class id: entry of the attribute table, 0 not yet */
	uint32_t n_classes, n_attributes;
};

/* A value of a row and what it is called. */
struct otlp_value {
	const char *type, *unit;
	uint64_t (*of)(const struct export_row *row);
};

static uint64_t allocs_of(const struct export_row *row)
{
	return row->value[METRIC_ALLOCS];
}
static uint64_t allocated_of(const struct export_row *row)
{
	return row->value[METRIC_ALLOCATED];
}
static uint64_t live_blocks_of(const struct export_row *row)
{
	return row->live_blocks;
}
static uint64_t live_bytes_of(const struct export_row *row)
{
	return row->value[METRIC_LIVE];
}
static uint64_t peak_blocks_of(const struct export_row *row)
{
	return row->peak_blocks;
}
static uint64_t peak_bytes_of(const struct export_row *row)
{
	return row->value[METRIC_PEAK];
}

static const struct otlp_value values[] = {
	{"alloc_objects", "count", allocs_of},      {"alloc_space", "bytes", allocated_of},
	{"inuse_objects", "count", live_blocks_of}, {"inuse_space", "bytes", live_bytes_of},
	{"peak_objects", "count", peak_blocks_of},  {"peak_space", "bytes", peak_bytes_of},
};
#define N_VALUES (sizeof values / sizeof *values)

static uint64_t otlp_text(struct otlp *o, const char *s)
{
	return stack_table_string(&o->d->table, s);
}

static void put_string(struct protobuf *b, unsigned field, const char *s)
{
	char *clean = export_clean(s, "", 0);
	protobuf_bytes(b, field, clean, strlen(clean));
	free(clean);
}

/* ---- the dictionary ---- */

/* Attribute of the table with a text as its value. */
static void put_attribute(struct otlp *o, const char *key, const char *value)
{
	put_string(&o->b, 1, value); /* AnyValue.string_value */
	protobuf_number(&o->a, 1, otlp_text(o, key));
	protobuf_message(&o->a, 2, &o->b);
	protobuf_message(&o->dictionary, ATTRIBUTE_TABLE, &o->a);
	o->n_attributes++;
}

static void otlp_put_mappings(struct otlp *o)
{
	const struct trace *t = o->d->m->trace;

	protobuf_message(&o->dictionary, MAPPING_TABLE, &o->a); /* entry 0 */
	for (uint32_t i = 1; i < t->n_modules; i++) {
		char *build_id = export_build_id(&t->modules[i]);
		put_attribute(o, "process.executable.build_id.gnu", build_id);
		protobuf_number(&o->a, 1, t->modules[i].start);
		protobuf_number(&o->a, 2, t->modules[i].end);
		protobuf_number(&o->a, 4, otlp_text(o, t->modules[i].path));
		protobuf_varint(&o->b, o->n_attributes - 1);
		protobuf_message(&o->a, 5, &o->b);
		protobuf_message(&o->dictionary, MAPPING_TABLE, &o->a);
		free(build_id);
	}
}

/* Location and function have the frame's number + 1. */
static void otlp_put_frame(struct otlp *o, uint32_t i)
{
	const struct stack_frame *f = &o->d->table.frames[i];

	protobuf_number(&o->b, 1, i + 1);
	protobuf_number(&o->b, 2, f->symbol->line);
	protobuf_number(&o->b, 3, f->symbol->column);
	protobuf_number(&o->a, 1, trace_frame(o->d->m->trace, f->symbol->frame)->module);
	protobuf_message(&o->a, 3, &o->b);
	protobuf_message(&o->dictionary, LOCATION_TABLE, &o->a);

	protobuf_number(&o->a, 1, f->function);
	protobuf_number(&o->a, 2, f->function);
	protobuf_number(&o->a, 3, f->file);
	protobuf_message(&o->dictionary, FUNCTION_TABLE, &o->a);
}

/* The stack of a row has its number + 1: rows of one stack and several classes repeat it. */
static void otlp_put_stack(struct otlp *o, const struct export_row *row)
{
	const struct stack_table *t = &o->d->table;

	for (uint32_t node = row->node; node; node = t->nodes[node].parent)
		protobuf_varint(&o->b, t->nodes[node].frame + 1);
	protobuf_message(&o->a, 1, &o->b);
	protobuf_message(&o->dictionary, STACK_TABLE, &o->a);
}

static void put_classes(struct otlp *o)
{
	for (uint32_t i = 0; i < o->d->n_rows; i++) {
		uint32_t id = o->d->rows[i].class_id;
		if (!id || id >= o->n_classes || o->class_attribute[id])
			continue;
		o->class_names[id] = export_class_name(o->d->m, id);
		put_attribute(o, "class", o->class_names[id]);
		o->class_attribute[id] = o->n_attributes - 1;
	}
}

static void put_dictionary(struct otlp *o)
{
	const struct stack_table *t = &o->d->table;

	protobuf_message(&o->dictionary, ATTRIBUTE_TABLE, &o->a);
	o->n_attributes = 1;
	otlp_put_mappings(o);
	put_classes(o);
	protobuf_message(&o->dictionary, LINK_TABLE, &o->a);
	protobuf_message(&o->dictionary, LOCATION_TABLE, &o->a);
	protobuf_message(&o->dictionary, FUNCTION_TABLE, &o->a);
	protobuf_message(&o->dictionary, STACK_TABLE, &o->a);
	for (uint32_t i = 0; i < t->n_frames; i++)
		otlp_put_frame(o, i);
	for (uint32_t i = 0; i < o->d->n_rows; i++)
		otlp_put_stack(o, &o->d->rows[i]);
}

/* ---- profiles ---- */

static void otlp_put_sample(struct otlp *o, uint32_t i, uint64_t value)
{
	uint32_t id = o->d->rows[i].class_id;

	protobuf_number(&o->b, 1, i + 1);
	if (id && id < o->n_classes) {
		protobuf_varint(&o->c, o->class_attribute[id]);
		protobuf_message(&o->b, 2, &o->c);
	}
	protobuf_varint(&o->c, value);
	protobuf_message(&o->b, 4, &o->c);
	protobuf_message(&o->a, 2, &o->b);
}

/* A profile into `profiles`, a ScopeProfiles. */
static void otlp_put_profile(struct otlp *o, const struct otlp_value *v, uint8_t number,
                             struct protobuf *profiles)
{
	const struct trace_process *p = o->d->m->process;
	uint8_t id[16] = {0};

	protobuf_number(&o->b, 1, otlp_text(o, v->type));
	protobuf_number(&o->b, 2, otlp_text(o, v->unit));
	protobuf_message(&o->a, 1, &o->b);
	for (uint32_t i = 0; i < o->d->n_rows; i++)
		if (v->of(&o->d->rows[i]))
			otlp_put_sample(o, i, v->of(&o->d->rows[i]));

	memcpy(id, &p->start_real_ns, 8);
	memcpy(id + 8, &p->pid, 4);
	id[12] = number;
	protobuf_fixed64(&o->a, 3, p->start_real_ns);
	protobuf_number(&o->a, 4, o->d->m->duration_ns);
	protobuf_bytes(&o->a, 7, id, sizeof id);
	protobuf_message(profiles, 2, &o->a);
}

/* A KeyValue as an attribute of the resource. */
static void put_resource_text(struct otlp *o, struct protobuf *resource, const char *key,
                              const char *value)
{
	put_string(&o->b, 1, value);
	put_string(&o->a, 1, key);
	protobuf_message(&o->a, 2, &o->b);
	protobuf_message(resource, 1, &o->a);
}

static void put_resource(struct otlp *o, struct protobuf *resource)
{
	const struct trace_process *p = o->d->m->process;
	const char *slash = strrchr(p->exe, '/');

	put_resource_text(o, resource, "service.name", slash ? slash + 1 : p->exe);
	put_resource_text(o, resource, "process.executable.path", p->exe);
	put_resource_text(o, resource, "host.name", p->host);
	protobuf_number(&o->b, 3, p->pid); /* AnyValue.int_value */
	put_string(&o->a, 1, "process.pid");
	protobuf_message(&o->a, 2, &o->b);
	protobuf_message(resource, 1, &o->a);
}

static void put_scope(struct otlp *o, struct protobuf *profiles)
{
	put_string(&o->a, 1, "pooltrace");
	put_string(&o->a, 2, POOLTRACE_VERSION);
	protobuf_message(profiles, 1, &o->a);
	for (uint8_t i = 0; i < N_VALUES; i++)
		otlp_put_profile(o, &values[i], i, profiles);
}

static void put_data(struct otlp *o)
{
	struct protobuf profiles = {0}, resource = {0}, all = {0};

	put_dictionary(o);
	put_scope(o, &profiles);
	put_resource(o, &resource);
	protobuf_message(&o->a, 1, &resource);
	protobuf_message(&o->a, 2, &profiles);
	protobuf_message(&all, 1, &o->a);
	for (uint32_t i = 0; i < o->d->table.n_strings; i++)
		put_string(&o->dictionary, STRING_TABLE, o->d->table.strings[i]);
	protobuf_message(&all, 2, &o->dictionary);
	fwrite(all.bytes, 1, all.n, o->d->out);

	protobuf_release(&profiles);
	protobuf_release(&resource);
	protobuf_release(&all);
}

static void otlp_print(struct export_data *d)
{
	struct otlp o = {.d = d, .n_classes = d->m->trace->n_classes};
	o.class_names = mem_zalloc(o.n_classes + 1, sizeof *o.class_names);
	o.class_attribute = mem_zalloc(o.n_classes + 1, sizeof *o.class_attribute);
	put_data(&o);

	for (uint32_t i = 0; i < o.n_classes; i++)
		free(o.class_names[i]);
	free(o.class_names);
	free(o.class_attribute);
	protobuf_release(&o.dictionary);
	protobuf_release(&o.a);
	protobuf_release(&o.b);
	protobuf_release(&o.c);
}

const struct export_format export_otlp = {
	.name = "otlp", .consumer = "OpenTelemetry collectors", .print = otlp_print};
