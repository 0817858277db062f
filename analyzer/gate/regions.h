/*
 * What a program allocated between the beginning and the end of each region that it announced through
 * pooltrace.h: all threads, regions inside it included.  Tests that announce themselves get numbers of their own.
 */
#ifndef GATE_REGIONS_H
#define GATE_REGIONS_H

#include "gate/gate.h"

#define REGIONS_OPEN 256u   /* at the same time; more are not followed */
#define REGIONS_MOST 65536u /* names; more are not kept */

struct open_region {
	uint64_t number; /* 0 = free */
	char name[MARK_NAME_BYTES + 1];
	uint64_t allocs, bytes, live;
};

struct regions {
	struct gate *gate;
	const struct trace *trace;
	struct open_region open[REGIONS_OPEN];
	uint32_t n_left_out;
};

void regions_begin(struct regions *r, struct gate *g, const struct trace *t);
/* For model_build(). */
struct model_observer regions_observer(struct regions *r);

#endif
