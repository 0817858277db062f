/*
 * `class-level-growth`: a mutable attribute of a class that fills up with what its instances, long
 * gone, have left there.
 *
 * Two signs together: the container is long and large, and the events show blocks made under methods
 * of instances of this class that outlived the instance. A container of fixed length, a bounded cache
 * or a registry filled at import has the first at most.
 */
#include <string.h>

#include "retained_kept.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"class_growth_min_length", 100, "elements of the container"},
	{"class_growth_min_bytes", 65536, "bytes held through it"},
	{"class_growth_min_escaped_share", 0.5,
         "blocks that outlived the instance they were made for, per element"},
	{"class_growth_min_rises", 0.8, "share of the collections between which it did not shrink"},
	{"class_growth_min_late_share", 0.2,
         "share of what instances leave behind that the second half of them adds"},
	{"class_growth_win_bytes", 1048576, "bytes held: a win from here on"},
	{"class_growth_win_peak_share", 0.05, "the same as a share of the process's peak"},
	{0},
};

/* Of the lengths seen during the run; true when there are too few to tell. */
static bool grew_to_the_end(const struct census_container *k, double min_rises)
{
	uint32_t rises = 0, n = k->n_lengths;

	if (n < 3)
		return true;
	for (uint32_t i = 1; i < n; i++)
		rises += k->lengths[i] >= k->lengths[i - 1];
	return rises >= min_rises * (n - 1) && k->length > k->lengths[0] &&
	       k->length >= k->lengths[n - 1];
}

/* Whether methods of the class may have filled it: its own, or inherited with the attribute. */
static bool inherits(const struct py_class *p, const struct py_class *own,
                     const struct census_container *k)
{
	if (own->stats == p->stats)
		return true;
	for (uint32_t b = 0; p->census && b < p->census->n_bases; b++)
		if (!strcmp(p->census->bases[b].name.name, k->name.name) &&
		    !strcmp(p->census->bases[b].name.module, k->name.module))
			return true;
	return false;
}

/* Blocks that outlived the instance they were made for; the classes of these go into h. */
static uint64_t escaped_blocks(const struct model *m, const struct census *c,
                               const struct census_container *k, struct holdings *h)
{
	struct py_class own = py_class_named(m, c, &k->name);
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_classes; i++) {
		struct py_class p = py_class_at(m, c, i);

		if (!inherits(&p, &own, k))
			continue;
		n += p.stats->escaped_blocks;
		holdings_of_class(h, p.stats);
	}
	return n;
}

/*
 * What instances leave behind still becomes more in the second half of them.  (A table of all that
 * there is, filled by the first of them, does not.)
 */
static bool grows_with_instances(const struct holdings *h, double min_late_share)
{
	double middle = (double)h->bytes_at[HOLDINGS_STEPS / 2],
	       last = (double)h->bytes_at[HOLDINGS_STEPS];

	if (h->n_to_build < HOLDINGS_STEPS)
		return true;
	return last - middle >= min_late_share * last;
}

static void class_growth_add_finding(const struct model *m, const struct detect *d,
                                     const struct census *c, const struct census_container *k,
                                     uint64_t escaped, const struct holdings *h,
                                     struct findings *out)
{
	double bytes = (double)k->held_bytes;
	bool large = bytes >= detect_option(d, "class_growth_win_bytes") ||
	             bytes >= detect_option(d, "class_growth_win_peak_share") *
	                              (double)m->totals.peak_live_bytes;
	struct py_class class = py_class_named(m, c, &k->name);
	struct finding *x = py_class_finding(&class, out, "class-level-growth",
	                                     large ? VERDICT_WIN : VERDICT_MINOR);

	finding_title(x, "%s.%s: a %s shared by all instances has grown to %lld elements, %s",
	              k->name.name, k->expression, k->type, (long long)k->length,
	              short_bytes(bytes));
	finding_add_text(x, "attribute", "%s.%s", k->name.name, k->expression);
	finding_add_passed(x, "length", (double)k->length, "", "class_growth_min_length >= %.0f",
	                   detect_option(d, "class_growth_min_length"));
	finding_add_passed(x, "held_bytes", bytes, "bytes", "class_growth_min_bytes >= %.0f",
	                   detect_option(d, "class_growth_min_bytes"));
	finding_add_passed(x, "escaped_blocks", (double)escaped, "",
	                   "class_growth_min_escaped_share >= %.2f",
	                   detect_option(d, "class_growth_min_escaped_share"));
	finding_add_text(x, "element_type", "%s", k->element_type);
	if (class.stats) {
		finding_add_number(x, "instances_built", (double)class.stats->built, "");
		finding_add_number(x, "instances_live", (double)class.stats->live, "");
	}
	finding_advice(
		x,
		"`%s` is an attribute of the class, one for all instances, and what they put into "
		"it stays when they are gone. Make it in the constructor (`self.%s = ...`) or keep "
		"it local to the call; if it is meant as a cache, bound it.",
		k->attribute, k->attribute);
	kept_predict(x, m, h, 0);
	finding_assumes(x, "that what earlier instances left is not needed");
	x->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

/* Of the containers below one class attribute only the longest speaks. */
static bool is_longest_of_attribute(const struct census *c, const struct census_container *k)
{
	for (uint32_t i = 0; i < c->n_containers; i++) {
		const struct census_container *other = &c->containers[i];

		if (other == k || strcmp(other->name.name, k->name.name) ||
		    strcmp(other->attribute, k->attribute) ||
		    strcmp(other->name.module, k->name.module))
			continue;
		if (other->length > k->length || (other->length == k->length && other < k))
			return false;
	}
	return true;
}

static void class_growth_look_at(const struct model *m, const struct detect *d,
                                 const struct census *c, const struct census_container *k,
                                 struct findings *out)
{
	struct holdings h;
	uint64_t escaped;

	if (!py_name_is_users(&k->name) || !is_longest_of_attribute(c, k) ||
	    k->length < detect_option(d, "class_growth_min_length") ||
	    k->held_bytes < detect_option(d, "class_growth_min_bytes") ||
	    !grew_to_the_end(k, detect_option(d, "class_growth_min_rises")))
		return;
	holdings_init(&h, m);
	escaped = escaped_blocks(m, c, k, &h);
	if ((double)escaped >=
	    detect_option(d, "class_growth_min_escaped_share") * (double)k->length) {
		h.kept_bytes = (double)(k->held_bytes + k->bytes);
		h.n_keepers = h.n_to_build;
		holdings_replay(&h, m);
		if (grows_with_instances(&h, detect_option(d, "class_growth_min_late_share")))
			class_growth_add_finding(m, d, c, k, escaped, &h, out);
	}
	holdings_release(&h);
}

static void class_growth_run(const struct model *m, const struct detect *d, struct findings *out)
{
	struct census *c = census_new(m);

	for (uint32_t i = 0; i < c->n_containers; i++)
		class_growth_look_at(m, d, c, &c->containers[i], out);
	census_free(c);
}

DETECTOR_NAMED(class_level_growth, "class-level-growth", 21, options, class_growth_run,
               "a mutable class attribute that grows across instances");
