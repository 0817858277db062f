/*
 * Frames to source: functions, files and lines through libdw, names demangled by libiberty, wrappers
 * recognised by a table.
 *
 * Modules are opened when the first of their frames is asked for, and only if the file at their path
 * still has the build id that was recorded; otherwise frames are said to be of a changed module and
 * stay module+offset.  All strings and symbols live until symbols_free().
 */
#ifndef PT_SYMBOLS_SYMBOLS_H
#define PT_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/trace.h"

enum language { LANGUAGE_UNKNOWN, LANGUAGE_C, LANGUAGE_CXX, LANGUAGE_RUST, LANGUAGE_PYTHON };

/* A frame of the source: a recorded frame gives one, and one more for each function inlined there. */
struct symbol {
	const char *
		function; /* demangled; without a name "module+0x1234", from the function's start if known */
	const char *file;      /* "" unknown */
	const char *module;    /* path of the shared object; Python: "" */
	uint32_t line, column; /* 0 unknown; Python: no column */
	uint32_t function_id;  /* equal for equal (function, module): compare this, not text */
	uint32_t frame;        /* recorded frame id */
	uint8_t language;      /* enum language */
	bool inlined;          /* into the next frame of the stack */
	bool wrapper;          /* an allocation wrapper: sites are not named after it */
	bool standard;         /* code of a standard library, its templates too */
	bool guessed;          /* by a symbol without a size: it may end before */
};

/* Frames of a stack, leaf (who allocated) first.  The array is one of VIEWS_HELD that are used in turn: a
 * million deep stacks would not fit.  The symbols stay. */
#define VIEWS_HELD 8u
struct stack_view {
	const struct symbol *const *frames;
	uint32_t n;
	uint32_t
		named; /* index of the first frame that is no wrapper: what the site is named after */
	uint32_t flags; /* PTF_STACK_* */
};

/* Why a module's frames have no names. */
enum module_state {
	MODULE_UNUSED,
	MODULE_OPEN,
	MODULE_MISSING,
	MODULE_CHANGED,
	MODULE_UNREADABLE,
	MODULE_EXCESSIVE, /* its debug information passed a bound: only the symbol tables were used */
};

struct symbols;

struct symbols *symbols_new(const struct trace *t);
void symbols_free(struct symbols *s);

/* Source frames of one recorded frame, innermost inlined function first; at least one. */
const struct symbol *const *symbols_frame(struct symbols *s, uint32_t frame, uint32_t *n);
/* The frames hold until VIEWS_HELD - 1 other stacks were asked for. */
struct stack_view symbols_stack(struct symbols *s, uint32_t stack);

/* What became of a module; MODULE_UNUSED as long as no frame of it was asked for. */
enum module_state symbols_module_state(const struct symbols *s, uint32_t module);

/* From now on the servers in DEBUGINFOD_URLS are asked for debug information that is not here.  Without
 * this call no server is. */
void symbols_ask_server(void);

/* Before the first symbol is asked for.  Modules are looked for below the sysroot first, then at their own path;
 * debug files in the debug path (.build-id/xx/rest.debug, or a module itself without .debug), below the sysroot's
 * /usr/lib/debug, below /usr/lib/debug.  What is found must have the module's build id. */
void symbols_set_sysroot(const char *directory);
void symbols_set_debug_path(const char *directory);

/* More wrappers, comma separated: "xalloc,my_*".  Before the first symbol is asked for. */
void wrappers_add(const char *patterns);
bool wrappers_match(const char *function);

const char *language_name(uint8_t language); /* "c", "c++", "rust", "python", "" */

#endif
