/*
 * `slots`: classes with so many instances that a dictionary for each of them is worth doing without.
 *
 * Says no more than the bytes: it fires where the saving is large, a real part of what the instances
 * hold, and a real part of the process's peak.  A wrapper around big data fails the second test, a
 * dozen instances the first.
 */
#include <stdlib.h>
#include <string.h>

#include "class_family.h"
#include "detect/event_pass.h"
#include "detect/sketch.h"
#include "slots.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"slots_min_saved_bytes", 1048576, "bytes that slots must save in all"},
	{"slots_min_instance_share", 0.08, "saving as a share of what an instance holds in all"},
	{"slots_min_peak_share", 0.01,
         "saving as a share of the process's peak: minor from here on"},
	{"slots_win_peak_share", 0.05, "the same: a win from here on"},
	{"slots_split_min_share", 0.10,
         "saving of an instance when differing names share a dictionary"},
	{0},
};

#define LINE_COLUMNS 88u

/* What stands in the parentheses of `__slots__ = (...)`, in lines of readable length. */
static char *slot_names(const struct slots_case *s)
{
	char *text = mem_strdup("");
	size_t column = strlen("    __slots__ = (");

	for (uint32_t i = 0; i < s->names.n; i++) {
		bool fits = column + strlen(s->names.list[i]) + 4 < LINE_COLUMNS;
		char *longer = mem_printf("%s%s\"%s\",", text, fits ? (i ? " " : "") : "\n        ",
		                          s->names.list[i]);

		column = fits ? column + strlen(s->names.list[i]) + 4
		              : 12 + strlen(s->names.list[i]);
		free(text);
		text = longer;
	}

	char *all = mem_printf("%s%s%s", text, s->split ? " \"extra\"," : "",
	                       s->weakref ? " \"__weakref__\"," : "");
	free(text);
	return all;
}

static void write_sketch(const struct slots_case *s, struct finding *x)
{
	const struct census_class *c = s->class.census;
	const char *name = s->class.stats->name;
	bool with_weakref = s->weakref && s->python >= 0x030b00u;

	if (c->is_dataclass && s->python >= 0x030a00u) {
		sketch_add(x, "slots_dataclass.py",
		           (const struct sketch_word[]){
				   {"CLASS", name},
				   {"OPTIONS",
		                    with_weakref ? "slots=True, weakref_slot=True" : "slots=True"},
				   {0}});
	} else if (c->is_attrs) {
		sketch_add(x, "slots_attrs.py", (const struct sketch_word[]){{"CLASS", name}, {0}});
	} else {
		char *names = slot_names(s);
		sketch_add(x, "slots.py",
		           (const struct sketch_word[]){{"CLASS", name}, {"SLOTS", names}, {0}});
		free(names);
	}
}

static void write_title(const struct slots_case *s, struct finding *x)
{
	const char *name = s->class.stats->name, *all = short_bytes(s->saved_bytes);

	if (s->empty)
		finding_title(x, "%s: add `__slots__ = ()`, %.0f to %.0f B an instance, %s in all",
		              name, s->before_bytes, s->after_bytes, all);
	else
		finding_title(x,
		              "%s: add __slots__ for %u attributes, %.0f to %.0f B an instance, %s "
		              "in all",
		              name, s->names.n + s->n_inherited, s->before_bytes, s->after_bytes,
		              all);
}

/* What a library can do to the class while it is created.  Decorators make their slots themselves, and a base
 * without slots gives every instance a dictionary. */
static void slots_for_trial(const struct slots_case *s, struct finding *x)
{
	const struct class_stats *c = s->class.stats;
	char *text;

	if (s->split || s->class.census->is_dataclass || s->class.census->is_attrs ||
	    s->loose_base || strpbrk(c->module, " \n") || strpbrk(c->name, " \n"))
		return;
	text = mem_printf("%s %s%s", c->module, c->name, s->weakref ? " __weakref__" : "");
	for (uint32_t i = 0; i < s->names.n; i++) {
		char *longer = mem_printf("%s %s", text, s->names.list[i]);
		free(text);
		text = longer;
	}
	x->slots = text;
}

static void slots_add_finding(const struct slots_case *s, const struct census *c,
                              const struct model *m, const struct detect *d, enum verdict v,
                              struct findings *out)
{
	struct finding *x = py_class_finding(&s->class, out, "slots", s->split ? VERDICT_MINOR : v);

	write_title(s, x);
	slots_case_evidence(s, x);
	detect_passed(d, x, "saved_bytes", s->saved_bytes, "bytes", "slots_min_saved_bytes", ">=");
	detect_passed(d, x, "instance_share", s->instance_share, "share",
	              "slots_min_instance_share", ">=");
	detect_passed(d, x, "peak_share", s->saved_bytes / (double)m->totals.peak_live_bytes,
	              "share", "slots_min_peak_share", ">=");
	if (s->empty)
		finding_advice(
			x,
			"Write `__slots__ = ()` into %s: nothing uses the dictionary that each "
			"of its %llu instances has room for.",
			s->class.stats->name, (unsigned long long)s->n_instances);
	else
		finding_advice(
			x,
			"Name the attributes of %s in `__slots__`: its %llu instances then have "
			"no dictionary each.",
			s->class.stats->name, (unsigned long long)s->n_instances);
	slots_add_pitfalls(s, c, x);
	write_sketch(s, x);
	slots_for_trial(s, x);
	slots_case_predict(s, m, x);
}

/* Why the class gets no finding; NULL when it does. */
static const char *slots_why_not(const struct slots_case *s, const struct model *m,
                                 const struct detect *d)
{
	double least = detect_option(d, s->split ? "slots_split_min_share"
	                                         : "slots_min_instance_share");

	if (s->obstacle)
		return s->obstacle;
	if (s->before_bytes <= s->after_bytes)
		return "slots would take no less";
	if (s->instance_share < least && !s->empty) /* an empty tuple of names costs nothing */
		return "the wrapper is a small part of what an instance holds";
	if (s->saved_bytes < detect_option(d, "slots_min_saved_bytes"))
		return "too few instances for it to matter";
	if (s->saved_bytes <
	    detect_option(d, "slots_min_peak_share") * (double)m->totals.peak_live_bytes)
		return "the saving is a small part of the process's memory";
	return NULL;
}

static void reject(const struct slots_case *s, const struct detect *d, const char *reason,
                   struct findings *out)
{
	struct finding *x;

	x = py_class_reject(
		d, &s->class, out, "slots",
		"%s: %.0f B an instance now, %.0f B with slots, beside %.0f B that it owns "
		"(%.2f %% of an instance, %.0f B in all %llu)",
		reason, s->before_bytes, s->after_bytes, s->owned_bytes, 100 * s->instance_share,
		s->saved_bytes, (unsigned long long)s->n_instances);
	if (!x)
		return;
	slots_case_evidence(s, x);
	finding_add_number(x, "instance_share", s->instance_share, "share");
}

/* ---- many classes of one base ---- */

/* Candidates that save too little alone, of one base: the node classes of a compiler's tree, say. */
struct slots_family {
	struct slots_case *member;
	uint32_t *base; /* of each */
	uint32_t n, room, base_room;
};

static bool saves_too_little_alone(const struct slots_case *s, const struct detect *d)
{
	return !s->obstacle && !s->split && !s->empty && s->before_bytes > s->after_bytes &&
	       s->instance_share >= detect_option(d, "slots_min_instance_share");
}

static void family_add(struct slots_family *f, const struct model *m, const struct slots_case *s)
{
	uint32_t n_base = f->n;

	*MEM_PUSH(f->base, n_base, f->base_room) = class_family_base(m, s->class.stats->class_id);
	*MEM_PUSH(f->member, f->n, f->room) = *s;
}

static void family_finding(const struct slots_case *largest, const struct model *m,
                           const struct detect *d, uint32_t base, uint32_t n_classes,
                           double n_instances, double saved, struct findings *out)
{
	const char *name = trace_class(m->trace, base)->name;
	struct finding *x = py_class_finding(&largest->class, out, "slots",
	                                     py_verdict(m, saved,
	                                                detect_option(d, "slots_min_peak_share"),
	                                                detect_option(d, "slots_win_peak_share")));

	finding_title(x, "%s and its subclasses: add __slots__ to %u classes, %s in all", name,
	              n_classes, short_bytes(saved));
	finding_add_number(x, "classes", n_classes, "");
	finding_add_number(x, "instances", n_instances, "");
	detect_passed(d, x, "saved_bytes", saved, "bytes", "slots_min_saved_bytes", ">=");
	finding_advice(
		x,
		"Each of the %u classes saves little, all together %s: name the attributes of "
		"each in `__slots__`, those of %s in %s itself. A base without slots gives "
		"every instance a dictionary. %s is shown as an example.",
		n_classes, short_bytes(saved), name, name, largest->class.stats->name);
	write_sketch(largest, x);
	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved = interval_of(0.9 * saved, 1.1 * saved);
	finding_assumes(x,
	                "counts requested bytes, at the classes' own peaks; speed is not promised");
	if (m->totals.peak_live_bytes)
		x->score = saved / (double)m->totals.peak_live_bytes;
}

/* The family of the i-th member, which is its first. */
static void family_look_at(const struct slots_family *f, uint32_t i, const struct model *m,
                           const struct detect *d, struct findings *out)
{
	const struct slots_case *largest = &f->member[i];
	double saved = 0, n_instances = 0;
	uint32_t n_classes = 0;

	for (uint32_t k = i; k < f->n; k++) {
		const struct slots_case *s = &f->member[k];

		if (f->base[k] != f->base[i])
			continue;
		n_classes++;
		n_instances += (double)s->n_instances;
		saved += s->saved_bytes;
		if (s->saved_bytes > largest->saved_bytes)
			largest = s;
	}
	if (n_classes > 1 && saved >= detect_option(d, "slots_min_saved_bytes") &&
	    saved >= detect_option(d, "slots_min_peak_share") * (double)m->totals.peak_live_bytes)
		family_finding(largest, m, d, f->base[i], n_classes, n_instances, saved, out);
}

static void family_finish(struct slots_family *f, const struct model *m, const struct detect *d,
                          struct findings *out)
{
	for (uint32_t i = 0; i < f->n; i++) {
		bool first = true;

		for (uint32_t k = 0; k < i; k++)
			first &= f->base[k] != f->base[i];
		if (first)
			family_look_at(f, i, m, d, out);
	}
	for (uint32_t i = 0; i < f->n; i++)
		slots_case_release(&f->member[i]);
	free(f->member);
	free(f->base);
}

static void slots_look_at(const struct model *m, const struct detect *d, const struct census *c,
                          const struct py_class *k, struct slots_family *family,
                          struct findings *out)
{
	struct slots_case s;
	const char *reason;

	slots_case_init(&s, m, k);
	reason = slots_why_not(&s, m, d);
	if (reason)
		reject(&s, d, reason, out);
	if (reason && saves_too_little_alone(&s, d)) {
		family_add(family, m, &s);
		return;
	}
	if (!reason)
		slots_add_finding(&s, c, m, d,
		                  py_verdict(m, s.saved_bytes,
		                             detect_option(d, "slots_min_peak_share"),
		                             detect_option(d, "slots_win_peak_share")),
		                  out);
	slots_case_release(&s);
}

static void slots_run(const struct model *m, const struct detect *d, struct findings *out)
{
	struct census *c = detect_event_pass(d)->heap->census;
	struct slots_family family = {0};

	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class k = py_class_at(m, c, i);

		if (!k.census || !k.census->dict || !py_class_is_users(m, &k))
			continue;
		if (k.census->has_slots)
			py_class_reject(d, &k, out, "slots",
			                "the class has slots; see slots-ineffective");
		else
			slots_look_at(m, d, c, &k, &family, out);
	}
	family_finish(&family, m, d, out);
}

DETECTOR(slots, 200, options, slots_run, "classes whose instances could do without a dictionary");
