/*
 * Where CPython keeps what we read, one row a minor version.
 *
 * No header of CPython is needed to build, and none would serve: one library reads all of them.  The
 * rows hold for 64-bit builds with a GIL and without Py_DEBUG; anything else is refused before a
 * single word is read.  From 3.13 on an interpreter states its own offsets (_PyRuntime begins with
 * them): a row must then agree with them.  Offsets that have been the same since 3.8 are constants.
 */
#ifndef PT_PYTHON_INTERPRETER_LAYOUT_H
#define PT_PYTHON_INTERPRETER_LAYOUT_H

#include "base/pt.h"

/* How an instruction is stored in a frame. */
enum instr_kind {
	INSTR_BYTES,   /* i32 f_lasti in bytes (3.8, 3.9) */
	INSTR_UNITS,   /* i32 f_lasti in units of two bytes (3.10) */
	INSTR_POINTER, /* pointer into the code object (3.11+) */
};

struct layout {
	uint8_t minor;      /* 3.minor */
	uint8_t instr_kind; /* enum instr_kind */
	uint8_t skip_owner; /* frames with this owner byte or a higher one hold no Python code; 0: none */
	uint16_t tstate_thread_id;
	uint16_t tstate_frame; /* the frame, or the cframe when cframe_frame is used */
	int16_t cframe_frame;  /* -1: tstate_frame is the frame itself */
	uint16_t frame_previous;
	uint16_t frame_code;
	uint16_t frame_instr;
	uint16_t
		frame_owner; /* frames with this owner byte or a higher one hold no Python code; 0: none */
	uint16_t
		frame_is_entry; /* 0: none.  A frame where the interpreter loop was entered from C */
	uint16_t frame_locals;  /* localsplus[0] */
	uint16_t code_flags;
	uint16_t code_argcount;
	uint16_t code_firstlineno;
	uint16_t code_names; /* co_varnames, co_localsplusnames: tuple of str */
	uint16_t code_filename;
	uint16_t code_name;
	uint16_t
		code_qualname; /* frames with this owner byte or a higher one hold no Python code; 0: none */
	uint16_t code_start;    /* 0: instructions lie in an object of their own */
	uint16_t code_nlocals;  /* <= 3.10: cells lie behind the locals */
	uint16_t code_cell2arg; /* <= 3.10: which argument each cell holds, or NULL */
	uint16_t code_cellvars; /* <= 3.10: tuple */
	uint16_t tuple_items;
	uint16_t str_ascii;   /* data of a compact ASCII string */
	uint16_t str_compact; /* data of other compact strings */
	uint16_t func_code;
	uint16_t func_qualname;
	uint16_t type_qualname; /* ht_qualname */
	uint16_t type_cached_keys;
	bool unicode_keys; /* dict keys as of 3.11: kinds, logarithms */
};

enum {
	OBJ_REFERENCES = 0, /* 32 bits of it are the count, or tell an immortal object */
	OBJ_TYPE = 8,
	VAR_SIZE = 16, /* ob_size of tuples and the like */
	TYPE_NAME = 24,
	TYPE_BASIC_SIZE = 32,
	TYPE_ITEM_SIZE = 40,
	TYPE_DEALLOC = 48,
	TYPE_CALL = 128,
	TYPE_FLAGS = 168,
	TYPE_WEAKLIST_OFFSET = 208,
	TYPE_BASE = 256,
	TYPE_DICT = 264,
	TYPE_DICT_OFFSET = 288,
	TYPE_MRO = 344,
	DICT_KEYS = 32,
	DICT_VALUES = 40,
	CELL_CONTENT = 16,
	METHOD_FUNC = 16,
	METHOD_SELF = 24,
	STR_LENGTH = 16,
	STR_STATE = 32,
	TSTATE_INTERP = 16,
	HEAP_TYPE_BYTES_MIN = 850, /* a heap type's block is never smaller */
};

/* tp_flags */
enum {
	TYPE_INLINE_VALUES = 1u << 2,   /* 3.13+ */
	TYPE_MANAGED_WEAKREF = 1u << 3, /* 3.12+ */
	TYPE_MANAGED_DICT = 1u << 4,    /* 3.11+ */
	TYPE_HEAP = 1u << 9,
	TYPE_READY = 1u << 12,
	TYPE_GC = 1u << 14,
	TYPE_STR_SUBCLASS = 1u << 28,
};

#define CODE_NO_LOCATION \
	0x2000000u /* co_flags of the shim below a specialised constructor (3.13+) */

/* What each event reads, by constants where versions agree. */
enum frames_kind {
	FRAMES_DIRECT,    /* 3.13+: the frame is in the thread state */
	FRAMES_IN_CFRAME, /* 3.11, 3.12: in what that names */
	FRAMES_OTHER,     /* as the row says */
};

enum {
	TSTATE_FRAME = 72,  /* FRAMES_DIRECT */
	TSTATE_CFRAME = 56, /* FRAMES_IN_CFRAME */
	FRAME_INSTR = 56,   /* both */
};

PT_INLINE enum frames_kind layout_frames(const struct layout *l)
{
	if (l->instr_kind != INSTR_POINTER || l->frame_instr != FRAME_INSTR)
		return FRAMES_OTHER;
	if (l->cframe_frame < 0)
		return l->tstate_frame == TSTATE_FRAME ? FRAMES_DIRECT : FRAMES_OTHER;
	return l->tstate_frame == TSTATE_CFRAME ? FRAMES_IN_CFRAME : FRAMES_OTHER;
}

/* The row of 3.minor, or NULL. */
const struct layout *interpreter_layout_of(unsigned minor);

/*
 * 3.13+: compares the row with what the interpreter says about itself at `runtime` (_PyRuntime).
 * Returns NULL when they agree, else what is wrong, as a sentence.
 */
const char *layout_check(const struct layout *l, const void *runtime, uint32_t version_hex);

PT_INLINE uint64_t load64(const void *base, size_t offset)
{
	return *(const uint64_t *)((const char *)base + offset);
}

PT_INLINE uint32_t load32(const void *base, size_t offset)
{
	return *(const uint32_t *)((const char *)base + offset);
}

PT_INLINE uint8_t load8(const void *base, size_t offset)
{
	return *((const uint8_t *)base + offset);
}

PT_INLINE const void *load_pointer(const void *base, size_t offset)
{
	return *(const void *const *)((const char *)base + offset);
}

/* 3.14 keeps flags in the low bits of some references. */
PT_INLINE const void *untag(const void *p)
{
	return (const void *)((uintptr_t)p & ~(uintptr_t)3);
}

#endif
