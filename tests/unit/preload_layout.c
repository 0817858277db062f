/* What an interpreter of 3.13 or later says about itself must agree with the table, or it is refused. */
#include "unit.h"

#include <string.h>

#include "python/interpreter_layout.h"

enum { WORDS = 80, HEX = 0x030d05f0 };

/* _PyRuntime as that version of CPython with a GIL would begin. */
static void describe(const struct layout *l, uint64_t *word)
{
	bool first = l->minor == 13;
	uint64_t *thread = word + (first ? 19 : 22), *frame = thread + 9;
	uint64_t *code = frame + (first ? 6 : 8), *object = code + (first ? 10 : 11);

	memset(word, 0, WORDS * sizeof *word);
	memcpy(word, "xdebugpy", 8);
	word[1] = HEX;
	thread[3] = TSTATE_INTERP;
	thread[4] = l->tstate_frame;
	thread[5] = l->tstate_thread_id;
	frame[1] = l->frame_previous;
	frame[2] = l->frame_code;
	frame[3] = l->frame_instr;
	frame[4] = l->frame_locals;
	frame[5] = l->frame_owner;
	code[1] = l->code_filename;
	code[2] = l->code_name;
	code[3] = l->code_qualname;
	code[5] = l->code_firstlineno;
	code[6] = l->code_argcount;
	code[7] = l->code_names;
	code[9] = l->code_start;
	object[1] = OBJ_TYPE;
}

TEST("layout: an interpreter that agrees with its version's row is read")
{
	uint64_t word[WORDS];
	for (unsigned minor = 13; minor <= 14; minor++) {
		describe(interpreter_layout_of(minor), word);
		CHECK(!layout_check(interpreter_layout_of(minor), word, HEX));
	}
}

TEST("layout: a free-threaded build is refused by name")
{
	uint64_t word[WORDS];
	for (unsigned minor = 13; minor <= 14; minor++) {
		describe(interpreter_layout_of(minor), word);
		word[2] = 1;
		const char *wrong = layout_check(interpreter_layout_of(minor), word, HEX);
		CHECK(wrong && strstr(wrong, "free-threaded"));
	}
}

TEST("layout: another version, no description, or any other offset is refused")
{
	uint64_t word[WORDS];
	const struct layout *l = interpreter_layout_of(13);

	describe(l, word);
	CHECK(layout_check(l, word, HEX + 1));
	word[0]++;
	CHECK(layout_check(l, word, HEX));
	for (unsigned i = 19; i < WORDS; i++) {
		describe(l, word);
		if (!word[i])
			continue;
		word[i] += 8;
		CHECK(layout_check(l, word, HEX));
	}
	CHECK(!interpreter_layout_of(7) && !interpreter_layout_of(15));
}
