/*
 * pprof's profile.proto (https://github.com/google/pprof/blob/main/proto/profile.proto), gzip-compressed as the
 * tool expects.  Six values a sample: allocations and bytes in all, at the end, at the peak; the class is a
 * label.
 *
 * Messages are compressed as they are made: memory does not grow with the number of samples.
 */
#include <unistd.h>
#include <zlib.h>

#include "export/export.h"
#include "export/protobuf.h"

/* Field numbers of Profile. */
enum {
	SAMPLE_TYPE = 1,
	SAMPLE = 2,
	MAPPING = 3,
	LOCATION = 4,
	FUNCTION = 5,
	STRING_TABLE = 6,
	TIME_NANOS = 9,
	DURATION_NANOS = 10,
	COMMENT = 13,
	DEFAULT_SAMPLE_TYPE = 14
};

static const char *const value_types[][2] = {
	{"alloc_objects", "count"},
	{"alloc_space", "bytes"},
	{"inuse_objects", "count"},
	{"inuse_space", "bytes"},
	{"peak_objects", "count"},
	{"peak_space", "bytes"},
	{"saved", NULL}, /* of one finding, when it is asked for; the unit is the finding's */
};
#define N_VALUES (sizeof value_types / sizeof *value_types)

struct pprof {
	struct export_data *d;
	gzFile file;
	struct protobuf field, message, inner; /* under construction */
	char **build_ids;                      /* by module; the string table refers to them */
};

/* Writes the message as a field of the profile. */
static void pprof_put(struct pprof *p, unsigned field)
{
	protobuf_message(&p->field, field, &p->message);
	gzwrite(p->file, p->field.bytes, p->field.n);
	p->field.n = 0;
}

static uint64_t text(struct pprof *p, const char *s)
{
	return stack_table_string(&p->d->table, s);
}

static unsigned n_values(const struct pprof *p)
{
	return p->d->q->finding ? N_VALUES : N_VALUES - 1;
}

static void put_value_types(struct pprof *p)
{
	for (unsigned i = 0; i < n_values(p); i++) {
		const char *unit = value_types[i][1];
		protobuf_number(&p->message, 1, text(p, value_types[i][0]));
		protobuf_number(&p->message, 2,
		                text(p, unit ? unit : metric_unit(p->d, METRIC_SAVED)));
		pprof_put(p, SAMPLE_TYPE);
	}
}

static void put_sample(struct pprof *p, const struct export_row *row, const char *class_name)
{
	const uint64_t *v = row->value;
	const uint64_t values[N_VALUES] = {v[METRIC_ALLOCS], v[METRIC_ALLOCATED], row->live_blocks,
	                                   v[METRIC_LIVE],   row->peak_blocks,    v[METRIC_PEAK],
	                                   v[METRIC_SAVED]};

	for (uint32_t node = row->node; node; node = p->d->table.nodes[node].parent)
		protobuf_varint(&p->inner, p->d->table.nodes[node].frame + 1);
	protobuf_message(&p->message, 1, &p->inner);
	for (unsigned i = 0; i < n_values(p); i++)
		protobuf_varint(&p->inner, values[i]);
	protobuf_message(&p->message, 2, &p->inner);

	if (class_name) {
		protobuf_number(&p->inner, 1, text(p, "class"));
		protobuf_number(&p->inner, 2, text(p, class_name));
		protobuf_message(&p->message, 3, &p->inner);
	}
	pprof_put(p, SAMPLE);
}

static void put_mapping(struct pprof *p, uint32_t module)
{
	enum { FILENAME = 5, BUILD_ID = 6, HAS_FUNCTIONS = 7, HAS_INLINE_FRAMES = 10 };
	const struct trace_module *x = &p->d->m->trace->modules[module];
	protobuf_number(&p->message, 1, module);
	protobuf_number(&p->message, 2, x->start);
	protobuf_number(&p->message, 3, x->end);
	protobuf_number(&p->message, FILENAME, text(p, x->path));
	protobuf_number(&p->message, BUILD_ID, text(p, p->build_ids[module]));
	for (unsigned flag = HAS_FUNCTIONS; flag <= HAS_INLINE_FRAMES; flag++)
		protobuf_number(&p->message, flag, 1);
	pprof_put(p, MAPPING);
}

/* The program's own mapping comes first: pprof names the profile after it. */
static void put_mappings(struct pprof *p)
{
	const struct trace *t = p->d->m->trace;
	uint32_t own = 1;
	while (own < t->n_modules && strcmp(t->modules[own].path, p->d->m->process->exe) != 0)
		own++;

	if (own < t->n_modules)
		put_mapping(p, own);
	for (uint32_t i = 1; i < t->n_modules; i++)
		if (i != own)
			put_mapping(p, i);
}

/* A location and a function for each frame; both have the frame's number + 1. */
static void pprof_put_frame(struct pprof *p, uint32_t i)
{
	const struct stack_frame *f = &p->d->table.frames[i];
	protobuf_number(&p->inner, 1, i + 1);
	protobuf_number(&p->inner, 2, f->symbol->line);

	protobuf_number(&p->message, 1, i + 1);
	protobuf_number(&p->message, 2, trace_frame(p->d->m->trace, f->symbol->frame)->module);
	protobuf_message(&p->message, 4, &p->inner);
	pprof_put(p, LOCATION);

	protobuf_number(&p->message, 1, i + 1);
	protobuf_number(&p->message, 2, f->function);
	protobuf_number(&p->message, 3, f->function);
	protobuf_number(&p->message, 4, f->file);
	pprof_put(p, FUNCTION);
}

static void put_strings(struct pprof *p)
{
	for (uint32_t i = 0; i < p->d->table.n_strings; i++) {
		char *clean = export_clean(p->d->table.strings[i], "", 0);
		protobuf_bytes(&p->field, STRING_TABLE, clean, strlen(clean));
		gzwrite(p->file, p->field.bytes, p->field.n);
		p->field.n = 0;
		free(clean);
	}
}

static void pprof_put_number(struct pprof *p, unsigned field, uint64_t v)
{
	protobuf_number(&p->field, field, v);
	gzwrite(p->file, p->field.bytes, p->field.n);
	p->field.n = 0;
}

static const char *default_type(enum export_metric metric)
{
	switch (metric) {
	case METRIC_LIVE:
		return "inuse_space";
	case METRIC_SAVED:
		return "saved";
	case METRIC_ALLOCATED:
		return "alloc_space";
	case METRIC_ALLOCS:
	case METRIC_TEMPORARY:
		return "alloc_objects";
	default:
		return "peak_space";
	}
}

static void pprof_put_all(struct pprof *p)
{
	struct export_data *d = p->d;
	char **class_names = mem_zalloc(d->n_rows + 1, sizeof *class_names);

	put_value_types(p);
	for (uint32_t i = 0; i < d->n_rows; i++) {
		class_names[i] = export_class_name(
			d->m, d->rows[i].class_id); /* the string table refers to it */
		put_sample(p, &d->rows[i], class_names[i]);
	}
	put_mappings(p);
	for (uint32_t i = 0; i < d->table.n_frames; i++)
		pprof_put_frame(p, i);

	pprof_put_number(p, TIME_NANOS, d->m->process->start_real_ns);
	pprof_put_number(p, DURATION_NANOS, d->m->duration_ns);
	pprof_put_number(p, DEFAULT_SAMPLE_TYPE, text(p, default_type(d->metric)));
	pprof_put_number(p, COMMENT, text(p, "pooltrace " POOLTRACE_VERSION));
	put_strings(p);
	for (uint32_t i = 0; i < d->n_rows; i++)
		free(class_names[i]);
	free(class_names);
}

static void pprof_print(struct export_data *d)
{
	fflush(d->out);
	struct pprof p = {.d = d, .file = gzdopen(dup(fileno(d->out)), "wb6")};
	uint32_t n_modules = d->m->trace->n_modules;
	if (!p.file)
		return;
	p.build_ids = mem_zalloc(n_modules + 1, sizeof *p.build_ids);
	for (uint32_t i = 1; i < n_modules; i++)
		p.build_ids[i] = export_build_id(&d->m->trace->modules[i]);
	pprof_put_all(&p);
	gzclose(p.file);

	for (uint32_t i = 1; i < n_modules; i++)
		free(p.build_ids[i]);
	free(p.build_ids);

	protobuf_release(&p.field);
	protobuf_release(&p.message);
	protobuf_release(&p.inner);
}

const struct export_format export_pprof = {
	.name = "pprof", .consumer = "go tool pprof, Pyroscope, Parca", .print = pprof_print};
