/*
 * Instances that live on through one holder: a cache, a queue of callables.  Detectors say which holder
 * each instance has; here they are grouped by holder and class, and of the two graphs the one that shows
 * more of a class speaks.
 */
#ifndef DETECT_PYTHON_HOLDER_H
#define DETECT_PYTHON_HOLDER_H

#include "heap.h"

struct holding {
	uint32_t graph;
	uint32_t holder; /* node */
	uint32_t via;    /* the node through which it holds the first of them: a callable, a key */
	uint32_t sample; /* one of them */
	uint32_t class_id; /* theirs, 0 unknown */
	uint64_t n, bytes; /* instances; what is retained by them */
	uint64_t n_older;  /* of these, made long before what holds them */
	const char *how;   /* the detector's word */
};

struct holdings_list {
	struct holding *list;
	uint32_t n, room;
};

/* Counts one instance; what is new in `like` but its numbers is kept of the first. */
void holding_count(const struct py_heap *h, struct holdings_list *l, const struct holding *like);

/* Leaves out what another graph shows better, and sorts by bytes. */
void holdings_settle(const struct py_heap *h, struct holdings_list *l);

#endif
