/*
 * See gc_events.h.  Each callback is (phase, info), phase "start" or "stop".  Each interpreter has a
 * list of its own, so that those of sub-interpreters are found when a bound method dies in them: a place
 * where any code may run.  (In 3.9 they share the list, and collections outside the main one call nobody.)
 */
#include "gc_events.h"

#include "base/clock.h"
#include "frames.h"
#include "heap_moment.h"
#include "pending_class.h"
#include "python.h"
#include "py_read.h"
#include "interpreter_state.h"

static uint64_t info_number(void *info, const char *key)
{
	void *value = info ? python.api.PyDict_GetItemString(info, key) : NULL;
	long n = value ? python.api.PyLong_AsLong(value) : 0;
	return n > 0 ? (uint64_t)n : 0;
}

static void put_collection(struct self *self, bool start, void *info)
{
	uint8_t payload[64];
	uint8_t *p = payload;
	uint64_t now = timestamp_take(self);
	*p++ = start ? 1 : 2;
	p = ptc_put_varint(p, info_number(info, "generation"));
	p = ptc_put_varint(p, info_number(info, "collected"));
	p = ptc_put_varint(p, info_number(info, "uncollectable"));
	p = ptc_put_varint(p, now);
	event_writer_put_record(self, PTF_E_GC, payload, (uint32_t)(p - payload));
}

static void *on_collection(void *unused, void *arguments)
{
	int saved_errno = errno;
	struct self *self = python_quiet_begin();

	(void)unused;
	if (self) {
		struct py_thread *t = py_thread_of(self);
		void *phase = python.api.PyTuple_GetItem(arguments, 0);
		const char *name = phase ? python.api.PyUnicode_AsUTF8AndSize(phase, NULL) : NULL;
		bool start = name && strcmp(name, "start") == 0;
		if (t)
			t->collecting = start;
		python_settle(self);
		put_collection(self, start, python.api.PyTuple_GetItem(arguments, 1));
		if (t && !start) {
			struct unsure before = t->unsure;
			heap_moment_now(self);
			pending_class_restore_newest(t, &before);
			/* Last: the looks are counted, and a census allocates much. */
			pending_class_look_after_collection(t);
		}
		python_quiet_end(self);
	}

	errno = saved_errno;
	python.api.Py_IncRef(python.api._Py_NoneStruct);
	return python.api._Py_NoneStruct;
}

static const void *function_type; /* of built-in functions */
static struct method_definition definition = {"pooltrace_collection", on_collection, 1, NULL};

static bool gc_events_is_listed(void *callbacks)
{
	enum { CFUNCTION_DEFINITION = 16 };
	long n = python.api.PyList_Size(callbacks);
	for (long i = 0; i < n; i++) {
		void *f = python.api.PyList_GetItem(callbacks, i);
		if (f && load_pointer(f, OBJ_TYPE) == function_type &&
		    load_pointer(f, CFUNCTION_DEFINITION) == &definition)
			return true;
	}
	return false;
}

static void append_to(void *callbacks)
{
	void *function = python.api.PyCFunction_NewEx(&definition, NULL, NULL);
	if (!function)
		return;
	function_type = load_pointer(function, OBJ_TYPE);
	if (!gc_events_is_listed(callbacks))
		python.api.PyList_Append(callbacks, function);
	python.api.Py_DecRef(function);
}

static void watched_blocks_current(void)
{
	void *gc = python_module("gc");
	void *callbacks = gc ? python.api.PyObject_GetAttrString(gc, "callbacks") : NULL;
	if (callbacks) {
		append_to(callbacks);
		python.api.Py_DecRef(callbacks);
	}
	if (gc)
		python.api.Py_DecRef(gc);
	python.api.PyErr_Clear();
}

void gc_events_watch(void)
{
	const void *state = frames_thread_state();
	python.main_interpreter = state ? load_pointer(state, TSTATE_INTERP) : NULL;
	watched_blocks_current();
}

/*
 * Does Python code run that may import?  An interpreter that is made or unmade has no frame, or one of
 * importlib's own: what is imported then goes astray.
 */
static bool may_import(const void *frame)
{
	static const char frozen[] = "<frozen importlib";
	char file[PY_READ_TEXT_BYTES];
	int offset;
	if (!frame || frames_is_internal(frame))
		return false;
	const void *code = frames_code(frame, &offset);
	size_t n = py_read_str(python.layout, load_pointer(code, python.layout->code_filename),
	                       file, sizeof file);
	return n < sizeof frozen || __builtin_memcmp(file, frozen, sizeof frozen - 1) != 0;
}

static void watched_blocks_interpreter(struct py_thread *t, long id)
{
	void *type, *value, *trace;
	if (t->watched_blocks_id == id)
		return;
	t->watched_blocks_id = id;
	python.api.PyErr_Fetch(&type, &value, &trace);
	watched_blocks_current();
	python.api.PyErr_Restore(type, value, trace);
}

PT_COLD void gc_events_watch_here(void)
{
	const void *state = frames_thread_state();
	bool may = state && may_import(frames_current(state));
	struct self *self = may ? python_quiet_begin() : NULL;
	if (!self)
		return;
	struct py_thread *t = py_thread_of(self);
	void *interpreter = (void *)(uintptr_t)load_pointer(state, TSTATE_INTERP);
	if (t && interpreter != python.main_interpreter)
		watched_blocks_interpreter(t, python.api.PyInterpreterState_GetID(interpreter));
	python_quiet_end(self);
}
