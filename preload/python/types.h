/*
 * Which class is a block?  Read from the type pointer in the object's header, and validated: a word
 * of data must never be taken for a type, and nothing is read through a word that is not known to be
 * one.
 *
 * A word is a type when it is the address of a heap type that we saw being made (its own block was a
 * block of a metaclass), or lies in the writable data of a loaded module and is, by its own type
 * pointer, a type.  The block must also fit: header in front as the flags ask, size as tp_basicsize
 * says.
 */
#ifndef PT_PYTHON_TYPES_H
#define PT_PYTHON_TYPES_H

#include "interpreter_state.h"

enum type_trait {
	TYPE_IS_METACLASS = 1, /* its instances are types */
	TYPE_ANY_SIZE = 2,     /* variable size, or at least tp_basicsize */
	TYPE_SHORT_FORM = 4,   /* instances may be smaller than tp_basicsize, see least_bytes */
	TYPE_IS_HEAP = 8,
	TYPE_HAS_VALUES = 16, /* 3.13+: attribute values behind the object, in its block */
	TYPE_IS_SLOW = 32,    /* to build an instance took long once */
};

struct type_info {
	const void *type;
	uint32_t class_id;    /* 0: not yet defined in the trace */
	uint32_t basic_bytes; /* 0: it has not been asked yet */
	uint32_t least_bytes; /* smallest instance */
	uint32_t n_built;     /* instances seen */
	uint32_t n_live;      /* instances that the census has counted, see census_sample.h */
	uint8_t n_fast_calls; /* of its observed __init__, in a row */
	uint16_t chosen;      /* number of the sample that they go into, 0 none */
	uint8_t offset;       /* of the object in its block */
	uint8_t traits;       /* enum type_trait */
};

PT_INLINE struct type_guess *types_guess(struct py_thread *t, uint64_t size_bytes)
{
	return &t->guess[size_bytes / 8 % TYPE_GUESSES];
}

#define TYPES_PRE_HEADER_BYTES 32u /* before an object that has one, with the collector's head */
#define INLINE_VALUES_MAX 288u     /* bytes, of TYPE_HAS_VALUES */

/* Have instances blocks of this size? */
PT_INLINE bool types_fits(const struct type_info *info, uint64_t size_bytes)
{
	uint64_t whole = info->offset + (uint64_t)info->basic_bytes;
	if (likely(size_bytes == whole))
		return true;
	if (size_bytes > whole)
		return info->traits & TYPE_ANY_SIZE ||
		       (info->traits & TYPE_HAS_VALUES && size_bytes <= whole + INLINE_VALUES_MAX);
	return info->traits & TYPE_SHORT_FORM && size_bytes >= info->offset + info->least_bytes;
}

/* What is expected of a block that will hold no object: no header has its type. */
extern struct type_info types_none;

/* May a record name it before the object has its header? */
PT_INLINE bool types_may_be_expected(const struct type_info *info)
{
	return info->class_id && !(info->traits & TYPE_IS_METACLASS);
}

/* Is the object that has no pre-header in this block one whose second field is a class?  A tuple has its first
 * item where an object behind a pre-header has its type. */
bool types_begins_earlier(const void *block);

/* Does this block, of a size that instances have, hold one? */
PT_INLINE bool types_is(const struct type_info *info, const void *block)
{
	return load_pointer(block, info->offset + OBJ_TYPE) == info->type &&
	       (info->offset < TYPES_PRE_HEADER_BYTES || !types_begins_earlier(block));
}

struct type_info *types_of_block_slow(struct py_thread *t, const void *block, uint64_t size_bytes);

/* The type of the object in this block, NULL: it holds none.  The block may still be without its
 * header; it must be readable.  Blocks of one size are mostly of one type. */
PT_INLINE struct type_info *types_of_block(struct py_thread *t, const void *block,
                                           uint64_t size_bytes)
{
	py_thread_refresh(t);
	const struct type_guess *g = types_guess(t, size_bytes);
	if (likely(g->size_bytes == size_bytes && g->info && types_is(g->info, block)))
		return g->info;
	return types_of_block_slow(t, block, size_bytes);
}

/* What a block of this size will be, probably; where the last at its site had another.  Of a thread that
 * is refreshed. */
PT_INLINE struct type_info *types_guess_by_size(struct py_thread *t, uint64_t size_bytes)
{
	const struct type_guess *g = types_guess(t, size_bytes);
	return g->size_bytes == size_bytes ? g->info : NULL;
}

/* The same for a copy of a block's first bytes (TYPES_HEADER_BYTES), touching nothing else: only types
 * that are registered are recognised. */
#define TYPES_HEADER_BYTES 48u
struct type_info *types_of_header(const void *header, uint64_t size_bytes);

struct type_slot {
	const void *type; /* stored after the info; NULL: free */
	struct type_info *info;
};

struct type_table {
	uint32_t mask;
	uint32_t used;
	struct type_slot slot[]; /* a dropped type keeps its slot, with info NULL */
};

extern struct type_table *types_table; /* replaced under a lock, read without */

/* Asks a type about itself that was registered when its block was made.  NULL: it is not ready yet. */
struct type_info *types_complete(struct type_info *info);

PT_INLINE struct type_slot *types_slot(struct type_table *t, const void *type)
{
	for (uint32_t i = (uint32_t)((uintptr_t)type * 0x9E3779B97F4A7C15ull >> 32);; i++) {
		struct type_slot *slot = &t->slot[i & t->mask];
		const void *found = __atomic_load_n(&slot->type, __ATOMIC_ACQUIRE);
		if (found == type || !found)
			return slot;
	}
}

/* Only a registered one. */
PT_INLINE struct type_info *types_known(const void *type)
{
	struct type_table *t = __atomic_load_n(&types_table, __ATOMIC_ACQUIRE);
	const struct type_slot *slot = likely(t) ? types_slot(t, type) : NULL;
	/* A slot that was free may be another type's by now. */
	struct type_info *info = slot && slot->type == type
	                                 ? __atomic_load_n(&slot->info, __ATOMIC_ACQUIRE)
	                                 : NULL;
	if (unlikely(info && !info->basic_bytes))
		return types_complete(info);
	return info;
}

/* Registered or provable type, NULL: is none. */
struct type_info *types_find(struct py_thread *t, const void *type);

/* A heap type is, or is about to be, at `type`.  False: no memory. */
bool types_add(const void *type);

/* Registers every heap type that exists now.  With the GIL, untracked. */
void types_register_all(struct py_thread *t);

/* Calls each() for every registered heap type that is alive and complete. */
void types_each(void (*each)(struct type_info *, void *), void *data);

/* The type whose block was freed. */
void types_drop(const void *block);

/* Class id, defined in the trace at first use. */
uint32_t types_define(struct py_thread *t, struct type_info *info);

PT_INLINE uint32_t types_class(struct py_thread *t, struct type_info *info)
{
	return likely(info->class_id) ? info->class_id : types_define(t, info);
}

/* Fresh memory may hold the header of its last tenant. */
PT_INLINE void types_clear_header(void *block, size_t n_bytes)
{
	uint64_t *word = block;
	if (likely(n_bytes >= 32)) {
		word[1] = word[3] = 0;
		if (n_bytes >= 48)
			word[5] = 0;
	} else if (n_bytes >= 16) {
		word[1] = 0;
	}
}

/* In a forked child. */
bool types_forget_ids(void);

#endif
