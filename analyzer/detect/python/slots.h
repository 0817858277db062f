/*
 * One class as a candidate for `__slots__`: which names, how many bytes before and after, and what
 * stands in the way.  Worked out once, for the detector of missing slots and that of slots in vain.
 */
#ifndef DETECT_PYTHON_SLOTS_H
#define DETECT_PYTHON_SLOTS_H

#include "class.h"

struct slots_case {
	struct py_class class;
	uint32_t python;
	struct census_names
		names; /* to be named in the class: its attributes without its bases' slots */
	uint32_t n_inherited;                 /* slots of the bases */
	uint32_t n_varying;                   /* names that some of the sampled instances lack */
	const struct census_base *loose_base; /* nearest base class that has no slots; NULL none */
	bool empty;           /* a tuple with a dictionary that nothing uses: `__slots__ = ()` */
	bool weakref;         /* a place for weak references is needed */
	bool split;           /* too many varying names: they go into one dictionary */
	uint64_t n_instances; /* most at once */
	double before_bytes, after_bytes, owned_bytes; /* of one instance */
	double saved_bytes;                            /* all instances */
	double instance_share;                         /* of what an instance holds in all */
	const char *obstacle; /* why slots are out of the question; NULL they are not */
};

/* Whether instances get a dictionary because this base names no slots. */
bool slots_base_is_loose(const struct census_base *b);

/* Looks at one class that has a census entry. */
void slots_case_init(struct slots_case *s, const struct model *m, const struct py_class *k);
void slots_case_release(struct slots_case *s);

/* Evidence, prediction and pitfalls that both findings share. */
void slots_case_evidence(const struct slots_case *s, struct finding *x);
void slots_case_predict(const struct slots_case *s, const struct model *m, struct finding *x);

/* One piece of evidence and one sentence of advice for each thing to look out for (pitfalls.c). */
void slots_add_pitfalls(const struct slots_case *s, const struct census *c, struct finding *x);

#endif
