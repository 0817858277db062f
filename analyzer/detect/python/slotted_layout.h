/*
 * How many bytes an instance of a Python class takes: the one table of CPython's layouts.
 *
 * All sizes are requested bytes and include the collector's head; the formulas hold for CPython 3.8 to
 * 3.14 (64-bit, with the GIL) in the steady state, that is after the first thirty or so instances of
 * a class, whose key table is still being shared out.  Later versions answer as the last known one.
 */
#ifndef DETECT_PYTHON_SLOTTED_LAYOUT_H
#define DETECT_PYTHON_SLOTTED_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* What the slotted form of a class looks like. */
struct py_slotted {
	uint32_t n_slots;          /* of the class and all its bases */
	uint64_t base_basic_bytes; /* __basicsize__ of the nearest built-in base; 0: object's */
	bool weakref;              /* "__weakref__" among the slots */
};

/* `python` is 0xMMmmpp, as in the trace. */
bool py_layout_knows(uint32_t python);
/* An instance with n attributes in its dictionary, all instances having the same names. */
uint64_t py_layout_dict_bytes(uint32_t python, uint32_t n_attributes);
uint64_t py_layout_slotted_bytes(uint32_t python, const struct py_slotted *s);
/* What a dictionary that is never made costs an instance of variable size (a tuple's subclass). */
uint64_t py_layout_unused_dict_bytes(uint32_t python);
/* What the allocator hands out for a request: pymalloc's classes to 512, malloc's chunks above. */
uint64_t py_layout_rounded(uint64_t request_bytes);

#endif
