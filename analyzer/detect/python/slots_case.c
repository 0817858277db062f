/*
 * Works out one candidate for `__slots__` from the census entry and the version's layout.
 *
 * "Before" is measured where the census measured it, "after" computed: all attributes that any
 * instance was seen with get a slot.  Where instances differ so much that a dictionary is smaller, the
 * names they share get slots and the rest goes into one, in one more slot.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "slotted_layout.h"
#include "slots.h"

/* A dict of up to five names with a key table of its own. */
static double small_dict_bytes(uint32_t python)
{
	return python < 0x030b00u ? 232 : 184;
}

static bool is_identifier(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_' && !(*name & 0x80))
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && !(*p & 0x80))
			return false;
	return true;
}

static bool is_inherited_slot(const struct census_class *c, const char *name)
{
	for (uint32_t i = 0; i < c->n_bases; i++)
		if (census_has_name(&c->bases[i].slots, name))
			return true;
	return false;
}

static bool is_special(const char *slot)
{
	return !strcmp(slot, "__dict__") || !strcmp(slot, "__weakref__");
}

static void add_name(struct slots_case *s, const char *name)
{
	if (is_special(name) || census_has_name(&s->names, name) ||
	    is_inherited_slot(s->class.census, name))
		return;
	s->names.list[s->names.n++] = name;
}

/* Slots first (of a class that has them), then attributes in the order of first assignment. */
static void slots_case_collect_names(struct slots_case *s, const struct census_class *c)
{
	s->names.list = mem_zalloc(c->slots.n + c->n_attributes + 1, sizeof *s->names.list);
	for (uint32_t i = 0; i < c->slots.n; i++)
		add_name(s, c->slots.list[i]);
	for (uint32_t i = 0; i < c->n_attributes; i++) {
		const struct census_attribute *a = &c->attributes[i];

		s->n_varying += c->sampled > 0 && a->present >= 0 && a->present < c->sampled;
		add_name(s, a->name);
	}
	for (uint32_t i = 0; i < c->n_bases; i++)
		for (uint32_t k = 0; k < c->bases[i].slots.n; k++)
			s->n_inherited += !is_special(c->bases[i].slots.list[k]);
}

/* Names that only some instances have go: they are to live in one dictionary. */
static void keep_common_names(struct slots_case *s)
{
	const struct census_class *c = s->class.census;
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_attributes; i++)
		if (c->attributes[i].present == c->sampled)
			s->names.list[n++] = c->attributes[i].name;
	s->names.n = n;
}

static uint64_t solid_base_bytes(const struct census_class *c)
{
	for (uint32_t i = 0; i < c->n_bases; i++)
		if (!c->bases[i].heap && c->bases[i].basic_bytes > 0)
			return (uint64_t)c->bases[i].basic_bytes;
	return 0;
}

static double slotted_bytes(const struct slots_case *s, uint32_t n_more)
{
	struct py_slotted form = {
		.n_slots = s->names.n + s->n_inherited + n_more,
		.base_basic_bytes = solid_base_bytes(s->class.census),
		.weakref = s->weakref,
	};

	return (double)py_layout_slotted_bytes(s->python, &form);
}

/* Of an instance: names that others do not have. */
static double names_of_its_own(const struct census_class *c)
{
	double n = 0;

	for (uint32_t i = 0; i < c->n_attributes; i++)
		if (c->attributes[i].present >= 0 && c->attributes[i].present < c->sampled)
			n += (double)c->attributes[i].present;
	return c->sampled > 0 ? n / (double)c->sampled : 0;
}

/* A slot for each name, or a dictionary for those that only some instances have: whichever is smaller. */
static void compute_after(struct slots_case *s)
{
	double split = slotted_bytes(s, 1) + small_dict_bytes(s->python) - 8.0 * s->n_varying;

	s->after_bytes = slotted_bytes(s, 0);
	if (s->n_varying && split < s->after_bytes) {
		s->split = true;
		keep_common_names(s);
		s->after_bytes = split;
	}
}

static bool base_has_slot(const struct census_class *c, const char *slot)
{
	if (census_has_name(&c->slots, slot))
		return true;
	return is_inherited_slot(c, slot);
}

static const char *find_obstacle(const struct slots_case *s)
{
	const struct census_class *c = s->class.census;

	if (!py_layout_knows(s->python))
		return "the layout of instances is not known for this version of Python";
	if (c->item_bytes > 0 && !s->empty)
		return "instances have a variable size (int, tuple, bytes ...), which takes no "
		       "slots";
	if (*c->metaclass_foreign)
		return "its metaclass decides about the attributes";
	if (c->descriptors.n)
		return "a descriptor keeps an attribute of the same name in the instance's "
		       "dictionary";
	if (c->cached_properties.n)
		return "functools.cached_property needs the instance's __dict__";
	if (base_has_slot(c, "__dict__"))
		return "it asks for a __dict__ in its slots, so it means to have one";
	if (!s->names.n && !s->n_inherited && !s->empty)
		return "no attribute of an instance was seen";
	if (s->split && names_of_its_own(c) >= s->names.n)
		return "most attributes of an instance are not on the others, so that it needs its "
		       "dictionary";
	for (uint32_t i = 0; i < s->names.n; i++)
		if (!is_identifier(s->names.list[i]))
			return "some attributes are not identifiers, as slots must be";
	if (s->loose_base && !py_name_is_users(&s->loose_base->name))
		return "a base class from a library has no __slots__, so a dictionary would stay";
	return NULL;
}

/* A class statement without `__slots__`; a type of a C module may have no dictionary without naming slots. */
bool slots_base_is_loose(const struct census_base *b)
{
	return b->heap && !b->has_slots && b->has_dict;
}

void slots_case_init(struct slots_case *s, const struct model *m, const struct py_class *k)
{
	const struct census_class *c = k->census;

	*s = (struct slots_case){.class = *k, .python = m->process->python};
	s->n_instances = k->stats->peak_live;
	/* attr.s(slots=True) keeps instances weakly referenceable unless told otherwise. */
	s->weakref = c->weakrefs > 0 || base_has_slot(c, "__weakref__") || c->is_attrs;
	for (uint32_t i = 0; i < c->n_bases && !s->loose_base; i++)
		if (slots_base_is_loose(&c->bases[i]))
			s->loose_base = &c->bases[i];
	slots_case_collect_names(s, c);
	s->empty = c->item_bytes > 0 && !strcmp(c->solid_base, "tuple") && !s->names.n &&
	           c->n_attribute_sets <= 1 && c->sampled > 0;
	s->before_bytes = py_class_structure_bytes(m, k);
	if (s->empty)
		s->after_bytes = s->before_bytes - (double)py_layout_unused_dict_bytes(s->python);
	else
		compute_after(s);
	s->owned_bytes = py_class_owned_bytes(k);
	s->saved_bytes = (s->before_bytes - s->after_bytes) * (double)s->n_instances;
	if (s->before_bytes > 0)
		s->instance_share = (s->before_bytes - s->after_bytes) /
		                    (s->before_bytes + s->owned_bytes);
	s->obstacle = find_obstacle(s);
}

void slots_case_release(struct slots_case *s)
{
	free(s->names.list);
}

void slots_case_evidence(const struct slots_case *s, struct finding *x)
{
	finding_add_number(x, "attributes", s->names.n + s->n_inherited, "");
	finding_add_number(x, "before_bytes", s->before_bytes, "bytes");
	finding_add_number(x, "after_bytes", s->after_bytes, "bytes");
	finding_add_number(x, "owned_bytes", s->owned_bytes, "bytes");
	finding_add_number(x, "instances", (double)s->n_instances, "");
	finding_add_number(x, "saved_bytes", s->saved_bytes, "bytes");
	finding_add_number(x, "attribute_sets", (double)s->class.census->n_attribute_sets, "");
}

/* The events give the count exactly and the layout the sizes; what remains is the class object itself,
 * its shared key table and its first thirty instances. */
#define CLASS_OBJECT_BYTES 32768.0
#define SIZE_ERROR 0.01

void slots_case_predict(const struct slots_case *s, const struct model *m, struct finding *x)
{
	double n = (double)py_class_at_peak(m, &s->class),
	       saved = (s->before_bytes - s->after_bytes) * n;
	/* Where the differing names come down to a value, there is no dictionary for them. */
	double more = s->split ? small_dict_bytes(s->python) * n : 0;

	x->prediction.tier = TIER_MODELLED;
	x->prediction.live_bytes_saved =
		interval_of(saved * (1 - SIZE_ERROR) - CLASS_OBJECT_BYTES,
	                    (saved + more) * (1 + SIZE_ERROR) + CLASS_OBJECT_BYTES);
	finding_assumes(x, "counts requested bytes; speed is not promised");
	if (m->totals.peak_live_bytes)
		x->score = saved / (double)m->totals.peak_live_bytes;
}
