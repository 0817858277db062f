/*
 * `slots-ineffective`: a class with `__slots__` whose instances still have a dictionary,
 * because a base class has none.
 */
#include "detect/event_pass.h"
#include "detect/sketch.h"
#include "slots.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"slots_ineffective_min_saved_bytes", 262144,
         "bytes that mending the base must save in all"},
	{"slots_ineffective_min_peak_share", 0.01, "the same as a share of the process's peak"},
	{"slots_ineffective_win_peak_share", 0.05, "the same: a win from here on"},
	{0},
};

static void slots_ineffective_add_finding(const struct slots_case *s, const struct census *c,
                                          const struct model *m, const struct detect *d,
                                          struct findings *out)
{
	const struct census_base *base = s->loose_base;
	enum verdict v = py_verdict(m, s->saved_bytes,
	                            detect_option(d, "slots_ineffective_min_peak_share"),
	                            detect_option(d, "slots_ineffective_win_peak_share"));
	struct finding *x = py_class_finding(&s->class, out, "slots-ineffective", v);

	finding_title(x, "%s: its __slots__ do not help, as base %s has none; mending it saves %s",
	              s->class.stats->name, base->name.name, short_bytes(s->saved_bytes));
	finding_add_text(x, "base", "%s", base->name.name);
	slots_case_evidence(s, x);
	detect_passed(d, x, "saved_bytes", s->saved_bytes, "bytes",
	              "slots_ineffective_min_saved_bytes", ">=");
	finding_advice(x, "Every instance of %s has a dictionary, inherited from %s.",
	               s->class.stats->name, base->name.name);
	slots_add_pitfalls(s, c, x);
	sketch_add(x, "slots_none.py",
	           (const struct sketch_word[]){{"CLASS", base->name.name}, {0}});
	slots_case_predict(s, m, x);
}

static bool is_worth_it(const struct slots_case *s, const struct model *m, const struct detect *d)
{
	return !s->obstacle && s->loose_base &&
	       s->saved_bytes >= detect_option(d, "slots_ineffective_min_saved_bytes") &&
	       s->saved_bytes >= detect_option(d, "slots_ineffective_min_peak_share") *
	                                 (double)m->totals.peak_live_bytes;
}

static void slots_ineffective_run(const struct model *m, const struct detect *d,
                                  struct findings *out)
{
	const struct census *c = detect_event_pass(d)->heap->census;

	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class k = py_class_at(m, c, i);
		struct slots_case s;

		if (!k.census || !k.census->dict || !k.census->has_slots ||
		    !py_class_is_users(m, &k))
			continue;
		slots_case_init(&s, m, &k);
		if (is_worth_it(&s, m, d))
			slots_ineffective_add_finding(&s, c, m, d, out);
		else if (s.loose_base)
			py_class_reject(d, &k, out, "slots-ineffective",
			                "%s; base %s has no slots, and mending "
			                "it would save %.0f B",
			                s.obstacle ? s.obstacle : "too little to matter",
			                s.loose_base->name.name, s.saved_bytes);
		slots_case_release(&s);
	}
}

DETECTOR_NAMED(slots_ineffective, "slots-ineffective", 201, options, slots_ineffective_run,
               "slots undone by a base class without any");
