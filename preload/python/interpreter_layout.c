/* See interpreter_layout.h.  Each row was taken from that version's headers. */
#include "interpreter_layout.h"

#include "base/format_text.h"

static const struct layout rows[] = {
	{
		.minor = 8,
		.instr_kind = INSTR_BYTES,
		.tstate_thread_id = 176,
		.tstate_frame = 24,
		.cframe_frame = -1,
		.frame_previous = 24,
		.frame_code = 32,
		.frame_instr = 104,
		.frame_locals = 360,
		.code_flags = 36,
		.code_argcount = 16,
		.code_firstlineno = 40,
		.code_names = 72,
		.code_filename = 104,
		.code_name = 112,
		.code_nlocals = 28,
		.code_cell2arg = 96,
		.code_cellvars = 88,
		.tuple_items = 24,
		.str_ascii = 48,
		.str_compact = 72,
		.func_code = 16,
		.func_qualname = 104,
		.type_qualname = 864,
		.type_cached_keys = 872,
	},
	{
		.minor = 9,
		.instr_kind = INSTR_BYTES,
		.tstate_thread_id = 176,
		.tstate_frame = 24,
		.cframe_frame = -1,
		.frame_previous = 24,
		.frame_code = 32,
		.frame_instr = 104,
		.frame_locals = 360,
		.code_flags = 36,
		.code_argcount = 16,
		.code_firstlineno = 40,
		.code_names = 72,
		.code_filename = 104,
		.code_name = 112,
		.code_nlocals = 28,
		.code_cell2arg = 96,
		.code_cellvars = 88,
		.tuple_items = 24,
		.str_ascii = 48,
		.str_compact = 72,
		.func_code = 16,
		.func_qualname = 104,
		.type_qualname = 856,
		.type_cached_keys = 864,
	},
	{
		.minor = 10,
		.instr_kind = INSTR_UNITS,
		.tstate_thread_id = 176,
		.tstate_frame = 24,
		.cframe_frame = -1,
		.frame_previous = 24,
		.frame_code = 32,
		.frame_instr = 96,
		.frame_locals = 352,
		.code_flags = 36,
		.code_argcount = 16,
		.code_firstlineno = 40,
		.code_names = 72,
		.code_filename = 104,
		.code_name = 112,
		.code_nlocals = 28,
		.code_cell2arg = 96,
		.code_cellvars = 88,
		.tuple_items = 24,
		.str_ascii = 48,
		.str_compact = 72,
		.func_code = 48,
		.func_qualname = 40,
		.type_qualname = 864,
		.type_cached_keys = 872,
	},
	{
		.minor = 11,
		.instr_kind = INSTR_POINTER,
		.tstate_thread_id = 152,
		.tstate_frame = 56,
		.cframe_frame = 8,
		.frame_previous = 48,
		.frame_code = 32,
		.frame_instr = 56,
		.frame_owner = 69,
		.frame_is_entry = 68,
		.frame_locals = 72,
		.code_flags = 48,
		.code_argcount = 56,
		.code_firstlineno = 72,
		.code_names = 96,
		.code_filename = 112,
		.code_name = 120,
		.code_qualname = 128,
		.code_start = 184,
		.tuple_items = 24,
		.str_ascii = 48,
		.str_compact = 72,
		.func_code = 48,
		.func_qualname = 40,
		.type_qualname = 864,
		.type_cached_keys = 872,
		.unicode_keys = true,
	},
	{
		.minor = 12,
		.instr_kind = INSTR_POINTER,
		.tstate_thread_id = 136,
		.tstate_frame = 56,
		.cframe_frame = 0,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_instr = 56,
		.frame_owner = 70,
		.skip_owner = 3,
		.frame_locals = 72,
		.code_flags = 48,
		.code_argcount = 52,
		.code_firstlineno = 68,
		.code_names = 96,
		.code_filename = 112,
		.code_name = 120,
		.code_qualname = 128,
		.code_start = 192,
		.tuple_items = 24,
		.str_ascii = 40,
		.str_compact = 56,
		.func_code = 48,
		.func_qualname = 40,
		.type_qualname = 872,
		.type_cached_keys = 880,
		.unicode_keys = true,
	},
	{
		.minor = 13,
		.instr_kind = INSTR_POINTER,
		.tstate_thread_id = 152,
		.tstate_frame = 72,
		.cframe_frame = -1,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_instr = 56,
		.frame_owner = 70,
		.skip_owner = 3,
		.frame_locals = 72,
		.code_flags = 48,
		.code_argcount = 52,
		.code_firstlineno = 68,
		.code_names = 96,
		.code_filename = 112,
		.code_name = 120,
		.code_qualname = 128,
		.code_start = 200,
		.tuple_items = 24,
		.str_ascii = 40,
		.str_compact = 56,
		.func_code = 48,
		.func_qualname = 40,
		.type_qualname = 872,
		.type_cached_keys = 880,
		.unicode_keys = true,
	},
	{
		.minor = 14,
		.instr_kind = INSTR_POINTER,
		.tstate_thread_id = 152,
		.tstate_frame = 72,
		.cframe_frame = -1,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_instr = 56,
		.frame_owner = 74,
		.skip_owner = 3,
		.frame_locals = 80,
		.code_flags = 48,
		.code_argcount = 52,
		.code_firstlineno = 68,
		.code_names = 96,
		.code_filename = 112,
		.code_name = 120,
		.code_qualname = 128,
		.code_start = 208,
		.tuple_items = 32,
		.str_ascii = 40,
		.str_compact = 56,
		.func_code = 48,
		.func_qualname = 40,
		.type_qualname = 872,
		.type_cached_keys = 880,
		.unicode_keys = true,
	},
};

const struct layout *interpreter_layout_of(unsigned minor)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].minor == minor)
			return &rows[i];
	return NULL;
}

/* Words of _PyRuntime's description of itself. */
enum { RUNTIME_COOKIE, RUNTIME_VERSION, RUNTIME_FREE_THREADED };

const char *layout_check(const struct layout *l, const void *runtime, uint32_t version_hex)
{
	const uint64_t *word = runtime;

	if (__builtin_memcmp(&word[RUNTIME_COOKIE], "xdebugpy", 8) != 0)
		return "the interpreter does not describe its layout: Python stacks and classes "
		       "are not recorded";

	if (word[RUNTIME_FREE_THREADED])
		return "a free-threaded build of CPython: Python stacks and classes are not "
		       "recorded";

	if (word[RUNTIME_VERSION] != version_hex)
		return "the interpreter's layout is of another version: Python stacks and classes "
		       "are not recorded";

	const uint64_t *thread = word + (l->minor == 13 ? 19 : 22);
	const uint64_t *frame = thread + 9;
	const uint64_t *code = frame + (l->minor == 13 ? 6 : 8);
	const uint64_t *object = code + (l->minor == 13 ? 10 : 11);
	bool same = thread[3] == TSTATE_INTERP && thread[4] == l->tstate_frame &&
	            thread[5] == l->tstate_thread_id && frame[1] == l->frame_previous &&
	            frame[2] == l->frame_code && frame[3] == l->frame_instr &&
	            frame[4] == l->frame_locals && frame[5] == l->frame_owner &&
	            code[1] == l->code_filename && code[2] == l->code_name &&
	            code[3] == l->code_qualname && code[5] == l->code_firstlineno &&
	            code[6] == l->code_argcount && code[7] == l->code_names &&
	            code[9] == l->code_start && object[1] == OBJ_TYPE;
	return same ? NULL
	            : "the interpreter's layout differs from its version's: Python stacks and "
	              "classes are not recorded";
}
