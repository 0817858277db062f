/*
 * The heap graphs that the Python detectors look at: the one at the highest resident memory, and the one at
 * exit.  What several of them ask about an object is answered here, once.
 */
#ifndef DETECT_PYTHON_HEAP_H
#define DETECT_PYTHON_HEAP_H

#include "class.h"
#include "model/heap_births.h"

#define HEAP_STEPS 16u

struct py_heap {
	const struct model *m;
	struct census *census;
	struct heap_graph *graph[HEAP_BIRTHS_GRAPHS]; /* the last at a peak, then the one at exit */
	uint32_t n;
	struct heap_births births;
	struct heap_tree *tree[HEAP_BIRTHS_GRAPHS];
	bool *is_programs; /* by class id: of the program or of an installed package */
	uint32_t n_classes;
};

/* Never NULL; without graphs where there is no Python. */
struct py_heap *py_heap_new(const struct model *m);
uint32_t py_heap_watch(struct py_heap *h, struct model_observer *out);
void py_heap_watched(struct py_heap *h);
void py_heap_free(struct py_heap *h);

/* The class of an instance; stats NULL: not known. */
struct py_class py_heap_class(const struct py_heap *h, const struct heap_graph *g, uint32_t node);
/* Whether the object is an instance of a class of the program or of an installed package. */
bool py_heap_is_programs(const struct py_heap *h, const struct heap_graph *g, uint32_t node);

/* The same of a function or class: the module on the path to it is no part of the standard library. */
bool py_heap_is_below_program(const struct py_heap *h, const struct heap_graph *g, uint32_t node);

/* Objects that refer to this one, itself and what it retains left out; at most `room`, returns how many. */
uint32_t py_heap_holders(const struct py_heap *h, uint32_t graph, uint32_t node, uint32_t *out,
                         uint32_t room);

/* How what a container retains came into it, over the allocations from its own on. */
struct heap_growth {
	uint64_t bytes[HEAP_STEPS]; /* of what it retains now, by the step in which it was made */
	uint64_t total;             /* with what was made at no known time */
	uint64_t owner;             /* address of that instance */
	uint64_t own;               /* made in methods of that instance, its constructor left out */
	uint64_t last_ns;           /* when the last of it was made */
	uint32_t n_steps;           /* in which something was made that it still retains */
	bool grows; /* from early on, to the end, and neither as a bounded one does nor as one that is filled once */
};

/* Is there a constructor on the stack?  What instances are built with grows with their number, not in them. */
bool py_site_is_under_constructor(const struct model *m, uint32_t site);

struct heap_growth py_heap_growth(const struct py_heap *h, uint32_t graph, uint32_t container);

/* The same of all instances of a class together. */
struct heap_growth py_heap_class_growth(const struct py_heap *h, uint32_t graph, uint32_t class_id,
                                        uint32_t *n_instances);

/* "at exit", or "at 87 % of the peak (24.9 MB resident)". */
void py_heap_moment_text(const struct heap_graph *g, char *out, uint32_t room);

/* The last class or variable on the path to it: "Report.total", "app.QUEUE", "main local tasks". */
void py_heap_place_text(const struct py_heap *h, const struct heap_graph *g, uint32_t node,
                        char *out, uint32_t room);

/* How the container grew: bytes made in each quarter of its life that it retains now. */
void py_heap_add_growth(const struct heap_growth *growth, struct finding *x);

/* What every finding from a graph says: where it is held, when, what was cut. */
void py_heap_add_evidence(const struct py_heap *h, const struct heap_graph *g, uint32_t node,
                          struct finding *x);

#endif
