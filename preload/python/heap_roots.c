/* See heap_roots.h. */
#include "heap_roots.h"

#include "base/own_memory.h"
#include "../trace_format.h"
#include "frames.h"
#include "heap_edges.h"
#include "heap_index.h"
#include "heap_output.h"
#include "py_read.h"

/* ---- modules ---- */

enum { OF_PROGRAM, OF_SITE, OF_LIBRARY, N_ORIGINS };

enum { MODULE_DICT = 16 };

static const void *module_dict(const void *module)
{
	const struct heap_type *t = heap_type_of(load_pointer(module, OBJ_TYPE));

	return t && t->kind == HEAP_MODULE ? load_pointer(module, MODULE_DICT) : NULL;
}

static const char *trace_file_of(const void *dict, char *buffer, size_t n_bytes)
{
	const void *file = py_read_dict(python.layout, dict, "__file__");
	size_t n = file ? py_read_str(python.layout, file, buffer, n_bytes - 1) : 0;

	buffer[n] = 0;
	return buffer;
}

/* Folder of the standard library, "" unknown: no interpreter starts without its encodings. */
static void library_folder(void *modules, char *out, size_t n_bytes)
{
	const void *encodings = python.api.PyDict_GetItemString(modules, "encodings");
	const void *dict = encodings ? module_dict(encodings) : NULL;

	out[0] = 0;
	if (!dict)
		return;
	trace_file_of(dict, out, n_bytes);
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(out, '/');

		if (slash)
			*slash = 0;
	}
}

static int heap_roots_origin_of(const void *dict, const char *library)
{
	char file[PY_READ_TEXT_BYTES];
	const void *name = py_read_dict(python.layout, dict, "__name__");
	char text[16];
	size_t n = name ? py_read_str(python.layout, name, text, sizeof text - 1) : 0;

	text[n] = 0;
	trace_file_of(dict, file, sizeof file);
	if (strcmp(text, "__main__") == 0)
		return OF_PROGRAM;
	if (memmem(file, strlen(file), "site-packages/", 14) ||
	    memmem(file, strlen(file), "dist-packages/", 14))
		return OF_SITE;
	if (!file[0] || (library[0] && strncmp(file, library, strlen(library)) == 0))
		return OF_LIBRARY;
	return OF_PROGRAM;
}

void heap_put_modules(void)
{
	void *modules = python.api.PyImport_GetModuleDict(), *name, *module;
	char library[PY_READ_TEXT_BYTES];

	if (!modules)
		return;
	library_folder(modules, library, sizeof library);
	for (int origin = OF_PROGRAM; origin < N_ORIGINS; origin++) {
		long at = 0;

		while (python.api.PyDict_Next(modules, &at, &name, &module)) {
			const void *dict = module_dict(module);

			if (!dict || heap_roots_origin_of(dict, library) != origin)
				continue;
			heap_put_byte(PTF_HEAP_ROOT);
			heap_put_byte(PTF_HEAP_MODULE);
			heap_put_name(name, NULL);
			heap_put_edge((void *)(uintptr_t)dict, NULL, NULL);
			heap_put_no_edge();
		}
	}
}

/* ---- frames ---- */

enum { CODE_FREEVARS_OLD = 80 };

static uint64_t tuple_length(const void *tuple)
{
	return tuple ? load64(tuple, VAR_SIZE) : 0;
}

/* One of a frame's variables; 3.14 keeps flags in the low bits, and small numbers in place. */
static void *variable_at(const void *frame, uint64_t i)
{
	enum { TAG_BITS = 3, TAG_INT = 3 };
	const void *p = load_pointer(frame, python.layout->frame_locals + 8 * i);

	if (python.layout->minor < 14)
		return (void *)(uintptr_t)p;
	return ((uintptr_t)p & TAG_BITS) == TAG_INT ? NULL : (void *)(uintptr_t)untag(p);
}

static void put_variables(const void *frame, const void *names, uint64_t first)
{
	for (uint64_t i = 0, n = tuple_length(names); i < n; i++)
		heap_put_edge(variable_at(frame, first + i), py_read_tuple(python.layout, names, i),
		              NULL);
}

static void put_frame(const void *frame)
{
	const struct layout *l = python.layout;
	int offset;
	const void *code = frames_code(frame, &offset);
	const void *names = load_pointer(code, l->code_names);

	heap_put_byte(PTF_HEAP_ROOT);
	heap_put_byte(PTF_HEAP_FRAME);
	heap_put_name(load_pointer(code, l->code_qualname ? l->code_qualname : l->code_name), NULL);
	put_variables(frame, names, 0);
	if (l->minor < 11) {
		const void *cells = load_pointer(code, l->code_cellvars);
		uint64_t n = load32(code, l->code_nlocals);

		put_variables(frame, cells, n);
		put_variables(frame, load_pointer(code, CODE_FREEVARS_OLD),
		              n + tuple_length(cells));
	}
	heap_put_no_edge();
}

static void put_stack(const void *frame)
{
	enum { DEEPEST = 10000 };

	if (frame && frames_is_internal(frame))
		frame = frames_below(frame);
	for (int depth = 0; frame && depth < DEEPEST; depth++, frame = frames_below(frame))
		put_frame(frame);
}

/* Other threads' frames, which the interpreter lists as objects. */
/* Returns how many threads there are. */
static uint32_t put_other_threads(const void *own)
{
	enum { FRAME_OBJECT_FRAME = 24 };
	uint32_t n = 0;
	void *sys = python_module("sys"), *thread, *object;
	void *ask = sys ? python.api.PyObject_GetAttrString(sys, "_current_frames") : NULL;
	void *all = ask ? python.api.PyObject_CallFunctionObjArgs(ask, NULL) : NULL;
	long at = 0;

	while (all && python.api.PyDict_Next(all, &at, &thread, &object)) {
		const void *frame = python.layout->minor >= 11
		                            ? load_pointer(object, FRAME_OBJECT_FRAME)
		                            : object;

		n++;
		if (frame != own)
			put_stack(frame);
	}
	void *ours[] = {all, ask, sys};
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (ours[i])
			python.api.Py_DecRef(ours[i]);
	python.api.PyErr_Clear();
	return n;
}

uint32_t heap_put_frames(void)
{
	const void *state = frames_thread_state();
	const void *own = state ? frames_current(state) : NULL;

	put_stack(own);
	return put_other_threads(own && frames_is_internal(own) ? frames_below(own) : own);
}

/* ---- the rest ---- */

/* The list holds a reference to each: it is gone again before anything is counted. */
void heap_each_loose(bool (*each)(void *object))
{
	void *gc = python_module("gc");
	void *ask = gc ? python.api.PyObject_GetAttrString(gc, "get_objects") : NULL;
	void *list = ask ? python.api.PyObject_CallFunctionObjArgs(ask, NULL) : NULL;
	long n = list ? python.api.PyList_Size(list) : 0, n_loose = 0;
	void **loose = n > 0 ? own_map((size_t)n * sizeof *loose) : NULL;

	for (long i = 0; loose && i < n; i++) {
		void *object = python.api.PyList_GetItem(list, i);

		if (heap_index_find(object) == HEAP_NONE)
			loose[n_loose++] = object;
	}
	void *ours[] = {list, ask, gc};
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (ours[i])
			python.api.Py_DecRef(ours[i]);
	python.api.PyErr_Clear();
	for (long i = 0; loose && i < n_loose && !each(loose[i]); i++)
		;
	if (loose)
		own_unmap(loose, (size_t)n * sizeof *loose);
}
