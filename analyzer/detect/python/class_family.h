/*
 * Costly classes that share a base of the program: one for each tenant, say.  Few instances of each are built, but
 * all by the base's constructor; they are judged together.
 */
#ifndef DETECT_PYTHON_CLASS_FAMILY_H
#define DETECT_PYTHON_CLASS_FAMILY_H

#include "costly_class.h"

struct class_family {
	uint32_t base;            /* class id */
	struct py_life life;      /* the largest member's, with the sums of all */
	struct class_stats stats; /* the same */
	uint32_t n_members;
	double needed; /* at the same time, sum over the members */
};

/* The topmost base that belongs to the same package as the class; the class itself when there is none. */
uint32_t class_family_base(const struct model *m, uint32_t class_id);
/* Sums up the members of the base among the costly classes. */
void class_family_init(struct class_family *f, const struct model *m,
                       const struct costly_classes *l, uint32_t base, const struct detect *d);

#endif
