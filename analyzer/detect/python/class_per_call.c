/*
 * `class-per-call`: a class statement (or namedtuple(), make_dataclass(), type()) in a function that is called
 * again and again, so that the same class is made again each time.
 *
 * A class object is 1 to 2 KB with its dictionary and is in reference cycles.  Classes that differ by name are no
 * such case: a program that makes a table of them makes each once.
 */
#include <stdlib.h>
#include <string.h>

#include "class.h"

static struct detector_option options[] = {
	{"class_min_made", 100, "classes made at one place"},
	{"class_min_same", 10, "classes made for each different one of the program"},
	{"class_min_peak_share", 0.02, "their bytes as a share of the peak: minor from here on"},
	{"class_win_peak_share", 0.10, "the same: a win from here on"},
	{"class_min_time_share", 0.01, "making them, as a share of the run: minor from here on"},
	{"class_bytes", 1600, "a class with its dictionary, when its parts are not counted"},
	{"class_us", 15, "making one, microseconds"},
	{0},
};

/* Whether a frame of the stack is the program's own Python code; its frame in *frame. */
static bool frame_of_program(const struct model *m, uint32_t stack, uint32_t *frame)
{
	uint32_t frames[64], n = model_raw_stack(m, stack, frames, 64);

	for (uint32_t i = 0; i < n && i < 64; i++) {
		uint32_t code = trace_frame(m->trace, frames[i])->code;
		const char *file = code ? trace_code(m->trace, code)->file : "";

		if (!code || *file == '<' || strstr(file, "/lib/python3") ||
		    strstr(file, "-packages/"))
			continue;
		*frame = frames[i];
		return strcmp(trace_code(m->trace, code)->name, "<module>") != 0;
	}
	return false;
}

/* Classes of the program that differ, as far as instances of them were seen. */
static uint32_t count_different(const struct model *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class k = {&m->classes[i], NULL};

		n += (k.stats->type->flags & PTF_CLASS_HEAP) && py_class_is_users(m, &k);
	}
	return n;
}

struct made {
	const struct site *site;
	const struct trace_frame *frame;
	double n, bytes, time_share;
};

static enum verdict verdict_of(const struct made *k, const struct model *m, const struct detect *d)
{
	enum verdict v = py_verdict(m, k->bytes, detect_option(d, "class_min_peak_share"),
	                            detect_option(d, "class_win_peak_share"));

	if (v == VERDICT_NONE && k->time_share >= detect_option(d, "class_min_time_share"))
		return VERDICT_MINOR;
	return v;
}

static void class_finding(const struct made *k, const struct model *m, const struct detect *d,
                          enum verdict v, struct findings *out)
{
	const struct trace_code *code = trace_code(m->trace, k->frame->code);
	struct finding *x = findings_add(out, "class-per-call", v);

	finding_add_site(x, k->site->id);
	finding_title(x, "%s: a class is made at each call, %.0f times; make it once", code->name,
	              k->n);
	detect_passed(d, x, "classes_made", k->n, "", "class_min_made", ">=");
	finding_add_number(x, "live_classes", (double)k->site->peak_live_blocks, "");
	finding_add_number(x, "bytes_at_peak", k->bytes, "bytes");
	if (m->totals.peak_live_bytes)
		detect_passed(d, x, "peak_share", k->bytes / (double)m->totals.peak_live_bytes,
		              "share", "class_min_peak_share", ">=");
	finding_advice(
		x,
		"The class is the same each time: move its statement out of %s (to the module), "
		"and give what differs to its instances as attributes. Each class is an object "
		"of its own with a dictionary, in reference cycles that only the collector "
		"frees.",
		code->name);
	x->prediction.tier = TIER_MODELLED;
	x->prediction.objects_saved = interval_of(k->n - 1, k->n - 1);
	x->prediction.live_bytes_saved = interval_of(0.5 * k->bytes, 2 * k->bytes);
	x->confidence = 0.8;
	x->score = m->totals.peak_live_bytes ? k->bytes / (double)m->totals.peak_live_bytes : 0;
}

static void look_at_site(const struct model *m, const struct detect *d, const struct site *s,
                         uint64_t n, struct findings *out)
{
	struct made k = {.site = s, .n = (double)n};
	uint32_t frame;
	enum verdict v;

	if (!frame_of_program(m, s->stack, &frame))
		return;
	k.frame = trace_frame(m->trace, frame);
	k.bytes = (double)s->at_peak_blocks * detect_option(d, "class_bytes");
	if (m->duration_ns)
		k.time_share = k.n * 1000 * detect_option(d, "class_us") / (double)m->duration_ns;
	v = verdict_of(&k, m, d);
	if (v != VERDICT_NONE)
		class_finding(&k, m, d, v, out);
}

static void class_per_call_run(const struct model *m, const struct detect *d, struct findings *out)
{
	double different = m->process->python ? count_different(m) : 0;

	for (uint32_t i = 0; m->process->python && i < m->n_classes; i++) {
		const struct class_stats *c = &m->classes[i];

		if (strcmp(c->name, "type") || strcmp(c->module, "builtins"))
			continue;
		for (uint32_t k = 0; k < c->sites.n; k++) {
			uint64_t n = c->sites.entry[k].count;

			if ((double)n >= detect_option(d, "class_min_made") &&
			    (double)n >= detect_option(d, "class_min_same") * different)
				look_at_site(m, d, &m->sites[c->sites.entry[k].key], n, out);
		}
	}
}

DETECTOR_NAMED(class_per_call, "class-per-call", 204, options, class_per_call_run,
               "classes made again at each call of a function");
