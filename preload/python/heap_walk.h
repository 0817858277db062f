/*
 * Who holds what: a walk over the heap from its roots, breadth first, for the census.
 *
 * It asks each type's own tp_traverse, as gc.get_referents() does, but keeps what it has seen in memory
 * of our own: 12 bytes an object and a table of 2 MiB, given back at the end.  Every object seen is kept
 * alive until the end, since other threads may run between two questions.
 */
#ifndef PT_PYTHON_HEAP_WALK_H
#define PT_PYTHON_HEAP_WALK_H

#include "interpreter_state.h"

/*
 * Functions for the census's program, all with the GIL:
 * walk(roots, own, plain, targets, milliseconds) -> whether a bound ended it.  Lists; objects in own
 * are not entered, nor those whose type is in plain; it ends when all targets are reached.
 * chain(object) -> objects from a root down to this one, [] when it was not reached.
 * reached(object) -> whether it was; then the walk holds one reference to it.
 * referents(object) -> what it refers to, as gc.get_referents() without dead objects: some modules
 * of 3.12 show their free lists.
 * index_of(list, object) -> where it is among the first 100,000 of the list, -1: not there.
 */
void *heap_walk_walk(void *unused, void *arguments);
void *heap_walk_chain(void *unused, void *object);
void *heap_walk_reached(void *unused, void *object);
void *heap_walk_referents(void *unused, void *object);
void *heap_walk_index(void *unused, void *arguments);

/* Gives back references and memory. */
void heap_walk_end(void);

#endif
