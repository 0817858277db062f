/*
 * What a heap graph needs to know of each type: how its instances are looked into and measured.
 *
 * The table lives as long as one walk; a type is asked once.
 */
#ifndef PT_PYTHON_HEAP_TYPES_H
#define PT_PYTHON_HEAP_TYPES_H

#include "types.h"

enum heap_kind {
	HEAP_SKIPPED, /* of no interest: code, built-in functions, None */
	HEAP_LEAF,    /* refers to nothing */
	HEAP_OTHER,   /* as its tp_traverse says */
	HEAP_STR,
	HEAP_INT,
	HEAP_LIST,
	HEAP_TUPLE,
	HEAP_DICT,
	HEAP_SET,
	HEAP_BYTEARRAY,
	HEAP_DEQUE,
	HEAP_FUNCTION,
	HEAP_METHOD,
	HEAP_CLASS,
	HEAP_MODULE,
	HEAP_FRAME,
	HEAP_ARRAY, /* numpy.ndarray */
	HEAP_VIEW,  /* memoryview */
};

#define HEAP_SLOTS_MOST 32u

struct heap_slot {
	uint32_t offset;
	const char *name;
};

struct heap_type {
	const void *type;
	struct type_info *info; /* NULL: not a type that the recorder knows */
	void *sizeof_method;    /* its own __sizeof__ in C, borrowed; NULL: none */
	uint32_t number;        /* in the graph, once it is defined there */
	bool is_defined;
	uint32_t n_named;     /* instances whose edges have been named */
	uint8_t kind;         /* enum heap_kind, of exact instances */
	uint8_t base_kind;    /* of the nearest static base: what its storage looks like */
	uint8_t header_bytes; /* in front of the object */
	bool is_gc, is_heap,
		is_instance; /* is_instance: of a class statement, so it has attributes */
	bool has_slots_read;
	bool is_uncounted; /* variable in size, but its second word is no count of items */
	uint32_t n_slots;
	struct heap_slot slots[HEAP_SLOTS_MOST];
};

/* The record of a type, made at first sight.  NULL: no memory. */
struct heap_type *heap_type_of(const void *type);

/* Writes its definition into the graph unless it is there. */
void heap_type_define(struct heap_type *t);

/* Fills its slots. */
void heap_type_read_slots(struct heap_type *t);

void heap_types_end(void);

#endif
