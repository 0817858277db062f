/*
 * What to do about a class that is built again and again: share one instance, keep one for each kind of arguments,
 * or lend from a pool; and the finding's words and code for it.
 */
#ifndef DETECT_PYTHON_POOL_REMEDY_H
#define DETECT_PYTHON_POOL_REMEDY_H

#include "costly_class.h"

enum pool_remedy {
	REMEDY_SHARE,   /* all are built alike, and no method changes one */
	REMEDY_PER_KEY, /* the same for each kind of arguments */
	REMEDY_POOL,    /* lent out to one user at a time */
};

/* What a pool, or an instance that stays, would do. */
struct pooling {
	const struct py_life *life;
	const struct census_attribute
		*key; /* attribute with a few values: a pool for each; NULL none */
	enum pool_remedy remedy;
	uint32_t n_members;           /* classes of a family; 0: one class alone */
	uint64_t needed;              /* at the same time */
	double built_low, built_high; /* constructions that remain */
	double saved_low, saved_high;
};

struct pooling pooling_of(const struct py_life *l, const struct detect *d);

const char *pool_remedy_name(enum pool_remedy r); /* "share-one", "one-per-key", "pool" */
void pool_title(const struct pooling *p, struct finding *x);
void pool_evidence_time(const struct pooling *p, const struct model *m, const struct detect *d,
                        struct finding *x);
void pool_advise(const struct pooling *p, const struct model *m, struct finding *x);
void pool_sketch(const struct pooling *p, struct finding *x);

#endif
