/*
 * `pinned-by-bound-method`: a bound method waits in a container and keeps its instance, and all that
 * hangs on it, alive.
 *
 * Only instances that nothing but such methods holds count: an application object whose methods sit
 * in a table of handlers lives anyway.
 */
#include "retained_kept.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"pinned_min_bytes", 262144, "bytes held by instances that only bound methods hold"},
	{"pinned_win_bytes", 1048576, "the same: a win from here on"},
	{0},
};

static void pinned_add_finding(const struct model *m, const struct detect *d,
                               const struct census *c, const struct census_bound *b,
                               struct findings *out)
{
	struct py_class class = py_class_named(m, c, &b->name);
	double bytes = (double)b->owned_bytes;
	bool large = bytes >= detect_option(d, "pinned_win_bytes");
	struct finding *x = py_class_finding(&class, out, "pinned-by-bound-method",
	                                     large ? VERDICT_WIN : VERDICT_MINOR);
	char path[1000];

	finding_title(x, "%s: %lld bound methods in a %s keep %lld instances of %s alive, %s",
	              b->function, (long long)b->n, b->container_type, (long long)b->n_only,
	              b->name.name, short_bytes(bytes));
	finding_add_text(x, "function", "%s", b->function);
	finding_add_text(x, "defined_at", "%s:%lld", b->file, (long long)b->line);
	finding_add_text(x, "container", "%s of %lld", b->container_type,
	                 (long long)b->container_length);
	finding_add_number(x, "methods", (double)b->n, "");
	finding_add_number(x, "instances", (double)b->n_only, "");
	finding_add_passed(x, "held_bytes", bytes, "bytes", "pinned_min_bytes >= %.0f",
	                   detect_option(d, "pinned_min_bytes"));
	census_path_text(&b->path, path, sizeof path);
	finding_add_text(x, "path", "%s", path);
	finding_advice(
		x,
		"A bound method holds its instance. Put a static function or the plain data that "
		"the call needs into the container, or a weakref.WeakMethod, and drop entries "
		"that are done. Pickling such a method pickles the instance with it.");
	kept_predict_instances(x, m, &class, (uint64_t)b->n_only, bytes, 0);
	finding_assumes(x, "that the instances are not needed for the calls to come");
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

/* Two methods of the same instances in one container tell the same story: the first speaks. */
static bool pinned_is_told(const struct census *c, uint32_t i)
{
	const struct census_bound *b = &c->bound[i];

	for (uint32_t k = 0; k < i; k++)
		if (c->bound[k].name.id == b->name.id && c->bound[k].n_only == b->n_only &&
		    c->bound[k].owned_bytes == b->owned_bytes &&
		    c->bound[k].container_length == b->container_length)
			return true;
	return false;
}

static void pinned_run(const struct model *m, const struct detect *d, struct findings *out)
{
	struct census *c = census_new(m);

	for (uint32_t i = 0; i < c->n_bound; i++) {
		const struct census_bound *b = &c->bound[i];

		if (b->n_only < 1 || b->owned_bytes < detect_option(d, "pinned_min_bytes") ||
		    pinned_is_told(c, i))
			continue;
		pinned_add_finding(m, d, c, b, out);
	}
	census_free(c);
}

DETECTOR_NAMED(pinned_by_bound_method, "pinned-by-bound-method", 22, options, pinned_run,
               "instances that only bound methods in a container keep alive");
