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

/* Is the last part of its type's name this? */
bool holder_is_type(const struct heap_graph *g, uint32_t node, const char *name);

/* On the path to it, HEAP_NONE: a root is above it, or nothing. */
uint32_t holder_parent(const struct heap_graph *g, uint32_t node);

/* A tuple or dict that a function or a partial keeps its arguments in. */
bool holder_is_of_callable(const struct heap_graph *g, uint32_t node);

/* Where an object waits: the nearest container above it that is no tuple and no attributes, or what C code keeps
 * (atexit); HEAP_NONE: in none. */
uint32_t holder_container(const struct heap_graph *g, uint32_t node);

/* Counts one instance; what is new in `like` but its numbers is kept of the first. */
void holding_count(const struct py_heap *h, struct holdings_list *l, const struct holding *like);

/* Leaves out what another graph shows better, and sorts by bytes. */
void holdings_settle(const struct py_heap *h, struct holdings_list *l);

#endif
