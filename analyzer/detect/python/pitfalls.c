/*
 * What to look out for when a class gets `__slots__`: a row a pitfall, each with what shows it and
 * what to do about it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slots.h"

#define PYTHON_3_10 0x030a00u
#define PYTHON_3_11 0x030b00u
#define MAX_LISTED 8u

/* "a, b, c and 4 more" */
static char *join(const struct census_names *names)
{
	uint32_t shown = names->n < MAX_LISTED ? names->n : MAX_LISTED;
	char *all = mem_strdup("");

	for (uint32_t i = 0; i < shown; i++) {
		char *longer = mem_printf("%s%s%s", all, i ? ", " : "", names->list[i]);

		free(all);
		all = longer;
	}
	if (names->n > shown) {
		char *longer = mem_printf("%s and %u more", all, names->n - shown);

		free(all);
		all = longer;
	}
	return all;
}

static void loose_base(const struct slots_case *s, const struct census *c, struct finding *x)
{
	const struct census_class *k = s->class.census;
	(void)c;

	if (!s->loose_base)
		return;
	finding_add_text(x, "pitfall_base", "%s", s->loose_base->name.name);
	finding_add_advice(x, "A base without slots gives every instance a dictionary, so add");
	for (uint32_t i = 0; i < k->n_bases; i++)
		if (slots_base_is_loose(&k->bases[i]))
			finding_add_advice(x, "`__slots__ = ()` to %s,", k->bases[i].name.name);
	finding_add_advice(x, "with the names that a base's own instances need, where it has any.");
	if (k->is_dataclass)
		finding_add_advice(x,
		                   "On a base that is a dataclass `@dataclass(slots=True)` does "
		                   "both%s.",
		                   s->python >= PYTHON_3_10 ? "" : ", from Python 3.10 on");
}

static void weak_references(const struct slots_case *s, const struct census *c, struct finding *x)
{
	(void)c;
	if (s->class.census->weakrefs <= 0)
		return;
	finding_add_number(x, "pitfall_weakref", (double)s->class.census->weakrefs, "");
	finding_add_advice(
		x, "Instances are weakly referenced: keep \"__weakref__\" among the slots%s.",
		s->class.census->is_dataclass && s->python >= PYTHON_3_11 ? " (`weakref_slot=True`)"
									  : "");
}

static void varying_names(const struct slots_case *s, const struct census *c, struct finding *x)
{
	(void)c;
	if (!s->n_varying)
		return;
	finding_add_number(x, "pitfall_varies", s->n_varying, "");

	if (s->split)
		finding_add_advice(
			x,
			"Instances differ: %u names are on some of them only. Keep slots for "
			"the names they share and put the rest into one attribute (a "
			"dictionary, made where it is needed), or leave the class alone.",
			s->n_varying);
	else
		finding_add_advice(
			x,
			"%u of the names are not set on every instance (set later, or never): "
			"all are in the tuple; any other name set from outside will raise "
			"AttributeError.",
			s->n_varying);
}

static void unassigned_names(const struct slots_case *s, const struct census *c, struct finding *x)
{
	(void)c;
	if (!strcmp(s->class.census->attributes_from, "instances") ||
	    !*s->class.census->attributes_from)
		return;
	finding_add_text(x, "pitfall_no_instances", "%s", s->class.census->attributes_from);
	finding_add_advice(
		x,
		"No instance was left at the end: the names come from the class (%s); check "
		"that none is missing.",
		s->class.census->attributes_from);
}

static void shadowed_names(const struct slots_case *s, const struct census *c, struct finding *x)
{
	char *names;
	(void)c;

	if (!s->class.census->shadowed.n || s->class.census->is_dataclass ||
	    s->class.census->is_attrs)
		return;
	names = join(&s->class.census->shadowed);
	finding_add_text(x, "pitfall_shadowed", "%s", names);
	finding_add_advice(x,
	                   "Class attributes of the same name (%s) make the class statement raise "
	                   "ValueError: move these defaults into the constructor.",
	                   names);
	free(names);
}

static void dataclass(const struct slots_case *s, const struct census *c, struct finding *x)
{
	const struct census_class *k = s->class.census;
	(void)c;

	if (!k->is_dataclass)
		return;
	finding_add_text(x, "pitfall_dataclass", "%s",
	                 k->dataclass_defaults.n ? "with defaults" : "without defaults");
	if (s->python >= PYTHON_3_10)
		finding_add_advice(x, "It is a dataclass: `@dataclass(slots=True)` does it%s.",
		                   k->dataclass_defaults.n ? ", also with its defaults" : "");
	else if (k->dataclass_defaults.n)
		finding_add_advice(
			x, "It is a dataclass with defaults, which are class attributes: write the "
			   "slots and the constructor by hand, or use `@dataclass(slots=True)` "
			   "from Python 3.10 on.");
	else
		finding_add_advice(x, "It is a dataclass: name the fields in `__slots__` by hand "
		                      "(`@dataclass(slots=True)` from Python 3.10 on).");
}

static void attrs_class(const struct slots_case *s, const struct census *c, struct finding *x)
{
	(void)c;

	if (!s->class.census->is_attrs)
		return;
	finding_add_text(x, "pitfall_attrs", "made by attrs");
	finding_add_advice(x, "The class is made by attrs: `@attr.s(slots=True)` (or "
	                      "`@attrs.define`) does it; a tuple "
	                      "of names written by hand raises ValueError. attrs adds a place for "
	                      "weak references; "
	                      "`weakref_slot=False` saves it where nothing refers weakly.");
}

static void registering_metaclass(const struct slots_case *s, const struct census *c,
                                  struct finding *x)
{
	const char *name = s->class.census->metaclass;
	(void)c;

	if (!*name || !strcmp(name, "type") || !strcmp(name, "abc.ABCMeta"))
		return;
	finding_add_text(x, "pitfall_metaclass", "%s", name);
	finding_add_advice(x,
	                   "Its metaclass %s runs when the class is made: see that it copes with "
	                   "`__slots__` in the namespace.",
	                   name);
}

static bool handles_state(const struct census_class *k)
{
	return census_has_name(&k->defines, "__getstate__") ||
	       census_has_name(&k->defines, "__reduce__") ||
	       census_has_name(&k->defines, "__reduce_ex__");
}

static void pickled(const struct slots_case *s, const struct census *c, struct finding *x)
{
	if (!c->pickle_loaded || handles_state(s->class.census))
		return;
	finding_add_text(x, "pitfall_pickle", "the program loads pickle");
	finding_add_advice(
		x, "If instances are pickled (the trace cannot see it): protocols 0 and 1 refuse "
		   "slots without `__getstate__`, and old pickles hold a dictionary that "
		   "`__setstate__` must take.");
}

/* json.dumps(self.__dict__), vars(self).items(): in the code of the class itself. */
static void dictionary_named(const struct slots_case *s, const struct census *c, struct finding *x)
{
	char *names;
	(void)c;

	if (!s->class.census->dict_users.n)
		return;
	names = join(&s->class.census->dict_users);
	finding_add_text(x, "pitfall_dict_named", "%s", names);
	finding_add_advice(x,
	                   "%s names `__dict__` or vars(), which slotted instances do not have: "
	                   "name the attributes there (`{n: getattr(self, n) for n in "
	                   "self.__slots__}`).",
	                   names);
	free(names);
}

static void dictionary_used(const struct slots_case *s, const struct census *c, struct finding *x)
{
	(void)c;
	/* Before 3.11 every instance has one; names that differ, or slots beside it, make one, too. */
	if (s->class.census->dict_seen <= 0 || s->python < PYTHON_3_11 || s->split ||
	    s->class.census->has_slots)
		return;
	finding_add_number(x, "pitfall_dict_used", (double)s->class.census->dict_seen, "");
	finding_add_advice(
		x, "Something uses `__dict__` or vars() of instances, which slotted ones do not "
		   "have.");
}

/* Those that the decorator makes for frozen=True come along with slots=True. */
static bool has_hooks_of_frozen_dataclass(const struct census_class *k)
{
	return k->is_dataclass && census_has_name(&k->defines, "__setattr__") &&
	       census_has_name(&k->defines, "__delattr__");
}

static void attribute_hooks(const struct slots_case *s, const struct census *c, struct finding *x)
{
	static const char *const hooks[] = {"__setattr__", "__getattribute__", "__delattr__"};
	(void)c;

	if (has_hooks_of_frozen_dataclass(s->class.census))
		return;
	for (unsigned i = 0; i < sizeof hooks / sizeof *hooks; i++) {
		if (!census_has_name(&s->class.census->defines, hooks[i]))
			continue;
		finding_add_text(x, "pitfall_hooks", "%s", hooks[i]);
		finding_add_advice(x, "It defines %s: see that it does not go through `__dict__`.",
		                   hooks[i]);
		return;
	}
}

static void several_bases(const struct slots_case *s, const struct census *c, struct finding *x)
{
	(void)c;
	if (!s->class.census->multiple_inheritance)
		return;
	finding_add_text(x, "pitfall_bases", "a subclass has several bases");
	finding_add_advice(
		x, "A subclass has several bases: only one of them may have slots that are not "
		   "empty.");
}

typedef void (*pitfall)(const struct slots_case *s, const struct census *c, struct finding *x);

void slots_add_pitfalls(const struct slots_case *s, const struct census *c, struct finding *x)
{
	static const pitfall all[] = {
		loose_base,
		dataclass,
		attrs_class,
		weak_references,
		varying_names,
		shadowed_names,
		pickled,
		dictionary_named,
		dictionary_used,
		attribute_hooks,
		unassigned_names,
		several_bases,
		registering_metaclass,
	};

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		all[i](s, c, x);
}
