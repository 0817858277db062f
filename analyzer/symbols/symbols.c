/*
 * The cache over the resolvers: recorded frame -> source frames, stack -> view; see symbols.h.
 */
#include "symbols/symbols.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "symbols/elf_file.h"
#include "symbols/function_name.h"
#include "symbols/object.h"
#include "util/mem.h"

/* A function's name as shown, made once for each (name, module) as found. */
struct name {
	char *key; /* module, newline, name as found */
	const char *shown;
	uint32_t id;
	uint8_t language;
	bool wrapper, standard;
	UT_hash_handle hh;
};

struct resolved {
	const struct symbol *const *list;
	uint32_t n;
};

struct symbols {
	const struct trace *t;
	struct arena arena;
	struct name *names;
	struct object **object; /* by module */
	enum module_state *state;
	struct resolved *frame; /* by frame id; list NULL: not asked for yet */
	struct held_view {
		const struct symbol **frames;
		uint32_t room;
		uint32_t stack;    /* whose frames they are */
		uint64_t asked_at; /* in asks; the view that was asked for longest ago goes first */
		struct stack_view view;
	} held[VIEWS_HELD];
	uint64_t n_asked;
	uint32_t n_functions;
};

struct symbols *symbols_new(const struct trace *t)
{
	struct symbols *s = mem_zalloc(1, sizeof *s);
	s->t = t;
	elf_file_forget_servers();
	s->object = mem_zalloc(t->n_modules, sizeof(*s->object));
	s->state = mem_zalloc(t->n_modules, sizeof *s->state);
	s->frame = mem_zalloc(t->n_frames, sizeof *s->frame);
	return s;
}

void symbols_free(struct symbols *s)
{
	struct name *n, *next;

	if (!s)
		return;
	HASH_ITER (hh, s->names, n, next) {
		HASH_DEL(s->names, n);
		free(n->key);
		free(n);
	}

	arena_release(&s->arena);
	free(s->object);
	free(s->state);
	free(s->frame);
	for (uint32_t i = 0; i < VIEWS_HELD; i++)
		free(s->held[i].frames);
	free(s);
}

const char *language_name(uint8_t language)
{
	switch (language) {
	case LANGUAGE_C:
		return "c";
	case LANGUAGE_CXX:
		return "c++";
	case LANGUAGE_RUST:
		return "rust";
	case LANGUAGE_PYTHON:
		return "python";
	default:
		return "";
	}
}

/* ---- names ---- */

/* Rust's older mangling is C++'s with a hash of 16 digits at the end. */
static bool is_rust(const char *mangled)
{
	size_t n = strlen(mangled);
	return !strncmp(mangled, "_R", 2) ||
	       (!strncmp(mangled, "_ZN", 3) && n > 21 && !strncmp(mangled + n - 20, "17h", 3));
}

static uint8_t language_guess(const char *name, uint8_t stated)
{
	if (stated != LANGUAGE_UNKNOWN)
		return stated;
	if (is_rust(name))
		return LANGUAGE_RUST;
	return strncmp(name, "_Z", 2) == 0 ? LANGUAGE_CXX : LANGUAGE_C;
}

static bool is_standard_name(const char *shown)
{
	char *plain = function_name_plain(shown);
	bool standard = function_name_is_standard(plain);
	free(plain);
	return standard;
}

static const struct name *symbols_name_of(struct symbols *s, const char *module, const char *found,
                                          uint8_t stated)
{
	struct name *n;
	char *key = mem_printf("%s\n%s", module, found);

	HASH_FIND_STR(s->names, key, n);
	if (n) {
		free(key);
		return n;
	}

	n = mem_zalloc(1, sizeof *n);
	n->key = key;
	n->id = ++s->n_functions;
	n->language = language_guess(found, stated);
	char *demangled = stated == LANGUAGE_PYTHON ? NULL : function_name_demangle(found);
	const char *shown = demangled ? demangled : found;
	n->shown = arena_copy(&s->arena, shown, strnlen(shown, FUNCTION_NAME_MAX));
	free(demangled);
	n->wrapper = stated != LANGUAGE_PYTHON && wrappers_match(n->shown);
	n->standard = n->wrapper && is_standard_name(n->shown);
	HASH_ADD_KEYPTR(hh, s->names, n->key, strlen(n->key), n);
	return n;
}

/* ---- frames ---- */

static struct symbol *symbol_new(struct symbols *s, uint32_t frame, const char *module,
                                 const char *function, uint8_t language)
{
	struct symbol *x = arena_alloc(&s->arena, sizeof *x);
	const struct name *n = symbols_name_of(s, module, function, language);
	x->function = n->shown;
	x->function_id = n->id;
	x->wrapper = n->wrapper;
	x->standard = n->standard;
	x->language = n->language;
	x->module = module;
	x->file = "";
	x->frame = frame;
	return x;
}

static const struct symbol **list_new(struct symbols *s, uint32_t frame, uint32_t n)
{
	const struct symbol **list = arena_alloc(&s->arena, n * sizeof(*list));
	s->frame[frame] = (struct resolved){.list = list, .n = n};
	return list;
}

static void resolve_python(struct symbols *s, uint32_t frame, const struct trace_frame *f)
{
	const struct trace_code *code = trace_code(s->t, f->code);
	const char *name = *code->qualified_name ? code->qualified_name : code->name;
	struct symbol *x = symbol_new(s, frame, "", *name ? name : "?", LANGUAGE_PYTHON);
	x->file = code->file;
	x->line = f->line;
	list_new(s, frame, 1)[0] = x;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "module+0x1234"; the address alone where no module is known. */
static struct symbol *symbol_unnamed(struct symbols *s, uint32_t frame, const char *module,
                                     unsigned long long offset)
{
	char *name = *module ? mem_printf("%s+0x%llx", base_name(module), offset)
	                     : mem_printf("0x%llx", offset);
	struct symbol *x = symbol_new(s, frame, module, name, LANGUAGE_UNKNOWN);
	x->language = LANGUAGE_UNKNOWN;
	free(name);
	return x;
}

static void resolve_unknown(struct symbols *s, uint32_t frame, const struct trace_frame *f)
{
	const char *module = trace_module(s->t, f->module)->path;
	list_new(s, frame, 1)[0] = symbol_unnamed(s, frame, module, f->offset);
}

static struct object *object_of(struct symbols *s, uint32_t module)
{
	if (!module || module >= s->t->n_modules)
		return NULL;
	if (s->state[module] == MODULE_UNUSED)
		s->object[module] = object_shared(&s->t->modules[module], &s->state[module]);
	return s->object[module];
}

/* Of C, C++ and Rust: nobody is going to change it. */
static bool is_standard_module(const char *path)
{
	static const char *const names[] = {"libc.so",  "libc-2",  "libstdc++",
	                                    "ld-linux", "libm.so", "libpthread"};
	const char *name = base_name(path);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Headers that come with the system are not the program's to change, whoever wrote them. */
static bool is_standard_file(const char *file)
{
	return !strncmp(file, "/usr/include/", 13) || !strncmp(file, "/usr/local/include/", 19) ||
	       strstr(file, "/include/c++/") || strstr(file, "/library/alloc/") ||
	       strstr(file, "/library/std/") || strstr(file, "/library/core/");
}

static void resolve_native(struct symbols *s, uint32_t frame, const struct trace_frame *f)
{
	struct object_frame found[OBJECT_INLINED_MAX];
	struct object *o = object_of(s, f->module);
	uint32_t n = o ? object_lookup(o, f->offset - !f->exact, found) : 0;

	if (!n) {
		resolve_unknown(s, frame, f);
		return;
	}

	const char *module = trace_module(s->t, f->module)->path;
	const struct symbol **list = list_new(s, frame, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct object_frame *from = &found[i];
		const char *name = from->function ? from->function : "?";
		struct symbol *x = from->start ? symbol_unnamed(s, frame, module, from->start)
		                               : symbol_new(s, frame, module, name, from->language);
		if (from->file)
			x->file = arena_copy(&s->arena, from->file, strlen(from->file));
		x->line = from->line;
		x->column = from->column;
		x->inlined = i + 1 < n;
		x->guessed = from->guessed;
		x->standard = x->standard || is_standard_module(module) ||
		              is_standard_file(x->file);
		list[i] = x;
	}
}

const struct symbol *const *symbols_frame(struct symbols *s, uint32_t frame, uint32_t *n)
{
	if (frame >= s->t->n_frames)
		frame = 0;
	if (!s->frame[frame].list) {
		const struct trace_frame *f = trace_frame(s->t, frame);
		if (f->code)
			resolve_python(s, frame, f);
		else
			resolve_native(s, frame, f);
	}
	*n = s->frame[frame].n;
	return s->frame[frame].list;
}

/* ---- stacks ---- */

/* In a Python program a site is named by the Python line, else by the first frame that is no wrapper. */
static uint32_t naming_frame(const struct stack_view *v)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (v->frames[i]->language == LANGUAGE_PYTHON)
			return i;
	for (uint32_t i = 0; i < v->n; i++)
		if (!v->frames[i]->wrapper)
			return i;
	return 0;
}

/* Writes the source frames of a path into v; how many. */
static uint32_t expand(struct symbols *s, uint32_t node, struct held_view *v)
{
	uint32_t n = 0;
	do {
		uint32_t k;
		const struct symbol *const *list = symbols_frame(s, s->t->nodes[node].frame, &k);
		while (n + k > v->room)
			v->frames = mem_grow(v->frames, v->room, &v->room, sizeof(*v->frames));
		memcpy(v->frames + n, list, k * sizeof(*list));
		n += k;
		node = s->t->nodes[node].parent;
	} while (node);
	return n;
}

struct stack_view symbols_stack(struct symbols *s, uint32_t stack)
{
	if (stack >= s->t->n_stacks)
		stack = 0;
	struct held_view *held = &s->held[0];
	for (uint32_t i = 0; i < VIEWS_HELD; i++) {
		struct held_view *v = &s->held[i];
		if (v->stack == stack && v->view.n) {
			v->asked_at = ++s->n_asked;
			return v->view;
		}
		if (v->asked_at < held->asked_at)
			held = v;
	}

	const struct trace_stack *from = trace_stack(s->t, stack);
	held->stack = stack;
	held->asked_at = ++s->n_asked;
	held->view = (struct stack_view){.n = expand(s, from->node, held), .flags = from->flags};
	held->view.frames = held->frames;
	held->view.named = naming_frame(&held->view);
	return held->view;
}

enum module_state symbols_module_state(const struct symbols *s, uint32_t module)
{
	if (module >= s->t->n_modules)
		return MODULE_UNUSED;
	if (s->state[module] == MODULE_OPEN && object_is_excessive(s->object[module]))
		return MODULE_EXCESSIVE;
	return s->state[module];
}
