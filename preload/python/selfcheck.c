/* See selfcheck.h.  Every attribute is asked for by its public name. */
#include "selfcheck.h"

#include "base/format_text.h"
#include "frames.h"
#include "py_read.h"
#include "interpreter_state.h"

#define SELFCHECK_FRAMES 64u

static void selfcheck_drop(void *object)
{
	if (object)
		python.api.Py_DecRef(object);
	else
		python.api.PyErr_Clear();
}

/* Is object.name this very object? */
static bool attribute_is(void *object, const char *name, const void *expected)
{
	void *value = python.api.PyObject_GetAttrString(object, name);
	bool same = value && value == expected;
	selfcheck_drop(value);
	return same;
}

static long attribute_number(void *object, const char *name)
{
	void *value = python.api.PyObject_GetAttrString(object, name);
	long n = value && value != python.api._Py_NoneStruct ? python.api.PyLong_AsLong(value) : -1;
	selfcheck_drop(value);
	return n;
}

static bool same_text(const void *str)
{
	char text[PY_READ_TEXT_BYTES];
	long n_theirs = 0;
	size_t n_ours = py_read_str(python.layout, str, text, sizeof text);
	const char *theirs = python.api.PyUnicode_AsUTF8AndSize((void *)(uintptr_t)str, &n_theirs);
	if (!theirs) {
		python.api.PyErr_Clear();
		return true; /* lone surrogates have no UTF-8 */
	}
	return n_ours <= (size_t)n_theirs && n_ours + 4 >= pt_min((size_t)n_theirs, sizeof text) &&
	       memcmp(text, theirs, n_ours) == 0;
}

static const char *check_code(const void *code)
{
	const struct layout *l = python.layout;
	void *object = (void *)(uintptr_t)code;
	const char *type_name = load_pointer(load_pointer(code, OBJ_TYPE), TYPE_NAME);

	if (strcmp(type_name, "code") != 0)
		return "the start-up check of CPython's layout failed (code): Python stacks and "
		       "classes are not recorded";

	if (!attribute_is(object, "co_filename", load_pointer(code, l->code_filename)) ||
	    !attribute_is(object, "co_name", load_pointer(code, l->code_name)) ||
	    (l->code_qualname &&
	     !attribute_is(object, "co_qualname", load_pointer(code, l->code_qualname))) ||
	    attribute_number(object, "co_firstlineno") != (long)load32(code, l->code_firstlineno) ||
	    attribute_number(object, "co_argcount") != (long)load32(code, l->code_argcount) ||
	    !same_text(load_pointer(code, l->code_filename)) ||
	    !same_text(load_pointer(code, l->code_name)))
		return "the start-up check of CPython's layout failed (names): Python stacks and "
		       "classes are not recorded";

	return NULL;
}

static const char *check_frame(const void *frame, void *object)
{
	int offset;
	const void *code = frames_code(frame, &offset);
	void *line = python.api.PyObject_GetAttrString(object, "f_lineno");
	bool has_line = line && line != python.api._Py_NoneStruct;

	selfcheck_drop(line);
	if (!attribute_is(object, "f_code", code))
		return "the start-up check of CPython's layout failed (frames): Python stacks and "
		       "classes are not recorded";

	if (has_line && attribute_number(object, "f_lineno") !=
	                        python.api.PyCode_Addr2Line((void *)(uintptr_t)code, offset))
		return "the start-up check of CPython's layout failed (lines): Python stacks and "
		       "classes are not recorded";

	return check_code(code);
}

static bool is_shim(const void *frame)
{
	int offset;
	return python.layout->skip_owner &&
	       load32(frames_code(frame, &offset), python.layout->code_flags) & CODE_NO_LOCATION;
}

static const void *next_python_frame(const void *frame)
{
	while (frame && (frames_is_internal(frame) || is_shim(frame)))
		frame = load_pointer(frame, python.layout->frame_previous);
	return frame;
}

static const char *check_frames(void)
{
	const void *state = frames_thread_state();

	if (!state)
		return "the start-up check found no thread state: Python stacks and classes are "
		       "not recorded";

	const void *frame = next_python_frame(frames_current(state));
	void *object = python.api.PyEval_GetFrame();
	const char *wrong = NULL;
	bool borrowed = true; /* PyEval_GetFrame() gives no reference of our own */
	for (unsigned i = 0; !wrong && frame && object && i < SELFCHECK_FRAMES; i++) {
		wrong = check_frame(frame, object);
		void *back = python.api.PyObject_GetAttrString(object, "f_back");
		if (!borrowed)
			python.api.Py_DecRef(object);
		borrowed = false;
		object = back;
		if (object == python.api._Py_NoneStruct) {
			selfcheck_drop(object);
			object = NULL;
		}
		frame = next_python_frame(load_pointer(frame, python.layout->frame_previous));
		if (!wrong && !frame != !object)
			wrong = "the start-up check of CPython's layout failed (depth): Python "
				"stacks and classes are not recorded";
	}

	if (object && !borrowed)
		python.api.Py_DecRef(object);
	return wrong;
}

/* A heap type that every interpreter has: importlib's ModuleSpec. */
static const char *check_class(void)
{
	const struct layout *l = python.layout;
	const char *wrong = "the start-up check of CPython's layout failed (types): Python stacks "
			    "and classes are not recorded";
	void *module = python.api.PyImport_ImportModule("_frozen_importlib");
	void *type = module ? python.api.PyObject_GetAttrString(module, "ModuleSpec") : NULL;

	if (type && load_pointer(type, OBJ_TYPE) == python.api.PyType_Type &&
	    load64(type, TYPE_FLAGS) & TYPE_HEAP &&
	    attribute_is(type, "__module__",
	                 py_read_dict(l, load_pointer(type, TYPE_DICT), "__module__")) &&
	    attribute_is(type, "__qualname__", load_pointer(type, l->type_qualname)) &&
	    attribute_number(type, "__basicsize__") == (long)load64(type, TYPE_BASIC_SIZE) &&
	    attribute_number(type, "__flags__") == (long)load64(type, TYPE_FLAGS))
		wrong = NULL;

	selfcheck_drop(type);
	selfcheck_drop(module);
	return wrong;
}

const char *selfcheck_run(void)
{
	const char *wrong = check_frames();
	return wrong ? wrong : check_class();
}
