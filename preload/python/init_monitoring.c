/* See init_monitoring.h. */
#include "init_monitoring.h"

#include "base/clock.h"
#include "argument_key.h"
#include "constructor_calls.h"
#include "frames.h"
#include "receiver.h"
#include "python.h"
#include "py_read.h"

#define FIRST_MINOR 13u
#define FAST_CALLS_MAX 64u /* in a row: then the function is left alone */

enum { EVENT_START = 1u << 0, EVENT_RETURN = 1u << 2 }; /* sys.monitoring.events */

bool init_monitoring_is_on;
static bool refused;
static int tool;        /* number among sys.monitoring's tools */
static void *set_local; /* sys.monitoring.set_local_events */

/* ---- calls under way ---- */

/* Frame of the __init__ that runs, and its instance. */
struct init_frame {
	const void *frame, *object;
};

static bool init_running(const void *code, struct init_frame *out)
{
	const void *state = frames_thread_state();
	const void *frame = state ? frames_current(state) : NULL;
	struct receiver_type last = {0};
	int offset;

	if (frame && frames_is_internal(frame))
		frame = frames_below(frame);
	if (!frame || frames_code(frame, &offset) != code)
		return false;
	uint64_t block = receiver_of_frame((const char *)frame + python.layout->frame_locals,
	                                   &last);
	*out = (struct init_frame){frame, block ? (const char *)block + last.offset : NULL};
	return block != 0;
}

/* Is it called, by super().__init__() say, in an observed call for the same object? */
static bool is_nested(const struct py_thread *t, const struct init_frame *f)
{
	enum { LEVELS = 8 };
	const struct init_call *outer = t->n_init_calls ? &t->init_call[t->n_init_calls - 1] : NULL;
	const void *frame = f->frame;

	if (!outer || outer->object != f->object)
		return false;
	for (unsigned i = 0; frame && i < LEVELS; i++, frame = frames_below(frame))
		if (frame == outer->frame)
			return true;
	return false;
}

/* Arguments behind self; before they can change. */
static void key_of_frame(struct argument_key *k, const struct init_frame *f, const void *code)
{
	const struct layout *l = python.layout;
	uint32_t n = load32(code, l->code_argcount);

	for (uint32_t i = 1; i < n; i++) {
		const void *local = untag(load_pointer(f->frame, l->frame_locals + 8 * i));

		if (local && load_pointer(local, OBJ_TYPE) == python.api.PyCell_Type)
			local = load_pointer(local, CELL_CONTENT);
		argument_key_add(k, local);
	}
}

/* Takes the call of this frame off the stack, with those above it: they ended by an exception.  NULL: it is not
 * observed, as type.__call__ times it, and those that it is nested in stay. */
static const struct init_call *take_call(struct py_thread *t, const void *frame)
{
	for (uint32_t i = t->n_init_calls; i-- > 0;)
		if (t->init_call[i].frame == frame) {
			t->n_init_calls = i;
			return &t->init_call[i];
		}
	return NULL;
}

static void init_starts(struct py_thread *t, const void *code)
{
	struct init_frame f;
	struct argument_key key = {0};

	if (!init_running(code, &f))
		return;
	take_call(t, f.frame); /* an earlier one at the same address has ended by an exception */
	if (t->called == load_pointer(f.object, OBJ_TYPE) || is_nested(t, &f))
		return;
	if (t->n_init_calls == INIT_CALLS) /* those that ended by an exception are still there */
		t->n_init_calls = 0;
	key_of_frame(&key, &f, code);
	struct call_time start = constructor_call_begins(true);
	t->init_call[t->n_init_calls++] = (struct init_call){
		.frame = f.frame,
		.object = f.object,
		.start_ticks = start.ticks,
		.start_cpu_ns = start.cpu_ns,
		.start_waits = start.n_waits,
		.hash = key.hash,
		.n_objects = key.n_objects,
	};
	__builtin_memcpy(t->init_call[t->n_init_calls - 1].argument, key.object, sizeof key.object);
}

/* function(number, ...), true: it did not raise. */
static bool call_with_number(void *function, int number, void *second, void *third)
{
	void *n = function ? python.api.PyLong_FromLong(number) : NULL;
	void *result = n ? python.api.PyObject_CallFunctionObjArgs(function, n, second, third, NULL)
	                 : NULL;

	if (n)
		python.api.Py_DecRef(n);
	if (!result) {
		python.api.PyErr_Clear();
		return false;
	}
	python.api.Py_DecRef(result);
	return true;
}

static void observe(const void *code, unsigned events)
{
	void *set = python.api.PyLong_FromLong((long)events);

	if (!set)
		return;
	call_with_number(set_local, tool, (void *)(uintptr_t)code, set);
	python.api.Py_DecRef(set);
}

static void init_ends(struct self *self, struct py_thread *t, const void *code)
{
	struct init_frame f;

	const struct init_call *c = init_running(code, &f) ? take_call(t, f.frame) : NULL;

	if (!c)
		return;
	struct type_info *info = types_known(load_pointer(c->object, OBJ_TYPE));
	struct call_time start = {c->start_ticks, c->start_cpu_ns, c->start_waits};
	struct argument_key key = {.hash = c->hash, .n_objects = c->n_objects};

	if (!info)
		return;
	__builtin_memcpy(key.object, c->argument, sizeof key.object);
	if (constructor_call_is_short(clock_ticks() - start.ticks)) {
		if (++info->n_fast_calls == FAST_CALLS_MAX)
			observe(code, 0);
		return;
	}
	info->n_fast_calls = 0;
	python_settle(self);
	types_class(t, info);
	constructor_call_record(self, info, c->object, &start, &key);
}

/* ---- the interpreter calls ---- */

static void *init_monitoring_none(void)
{
	python.api.Py_IncRef(python.api._Py_NoneStruct);
	return python.api._Py_NoneStruct;
}

static void *on_event(void *arguments, bool starts)
{
	int saved_errno = errno;
	struct self *self = python_alert & PYTHON_READS ? python_quiet_begin() : NULL;
	struct py_thread *t = self ? py_thread_of(self) : NULL;
	const void *code = py_read_tuple(python.layout, arguments, 0);

	if (t && code && starts)
		init_starts(t, code);
	else if (t && code)
		init_ends(self, t, code);
	if (self)
		python_quiet_end(self);
	errno = saved_errno;
	return init_monitoring_none();
}

static void *on_start(void *unused, void *arguments)
{
	(void)unused;
	return on_event(arguments, true);
}

static void *on_return(void *unused, void *arguments)
{
	(void)unused;
	return on_event(arguments, false);
}

static struct method_definition callbacks[] = {
	{"pooltrace_init_starts", on_start, 1, NULL},
	{"pooltrace_init_returns", on_return, 1, NULL},
};

/* ---- registering ---- */

static bool call_attribute(void *module, const char *name, int number, void *second, void *third)
{
	void *function = python.api.PyObject_GetAttrString(module, name);
	bool done = call_with_number(function, number, second, third);

	if (function)
		python.api.Py_DecRef(function);
	else
		python.api.PyErr_Clear();
	return done;
}

static bool take_number(void *monitoring)
{
	static const int numbers[] = {
		4, 3}; /* 0, 1, 2 and 5 have users that the documentation names */
	void *name = python.api.Py_BuildValue("s", "pooltrace");
	bool taken = false;

	for (unsigned i = 0; name && !taken && i < sizeof numbers / sizeof numbers[0]; i++) {
		tool = numbers[i];
		taken = call_attribute(monitoring, "use_tool_id", tool, name, NULL);
	}
	if (name)
		python.api.Py_DecRef(name);
	return taken;
}

static bool register_callback(void *monitoring, unsigned event,
                              struct method_definition *definition)
{
	void *function = python.api.PyCFunction_NewEx(definition, NULL, NULL);
	void *number = python.api.PyLong_FromLong((long)event);
	bool done = function && number &&
	            call_attribute(monitoring, "register_callback", tool, number, function);

	if (function)
		python.api.Py_DecRef(function);
	if (number)
		python.api.Py_DecRef(number);
	return done;
}

static bool start_monitoring(void)
{
	void *sys = python_module("sys");
	void *monitoring = sys ? python.api.PyObject_GetAttrString(sys, "monitoring") : NULL;
	bool started = monitoring && take_number(monitoring) &&
	               register_callback(monitoring, EVENT_START, &callbacks[0]) &&
	               register_callback(monitoring, EVENT_RETURN, &callbacks[1]);

	if (started)
		set_local = python.api.PyObject_GetAttrString(monitoring, "set_local_events");
	if (monitoring)
		python.api.Py_DecRef(monitoring);
	if (sys)
		python.api.Py_DecRef(sys);
	python.api.PyErr_Clear();
	return started && set_local;
}

/* The code of the class's __init__, NULL: it is no Python function. */
static void *init_code(const void *type)
{
	const void *mro = load_pointer(type, TYPE_MRO);

	for (uint64_t i = 0;; i++) {
		const void *base = py_read_tuple(python.layout, mro, i);
		const void *init = base && base != python.api.PyBaseObject_Type
		                           ? py_read_dict(python.layout,
		                                          load_pointer(base, TYPE_DICT), "__init__")
		                           : NULL;
		if (init)
			return load_pointer(init, OBJ_TYPE) == python.api.PyFunction_Type
			               ? (void *)(uintptr_t)load_pointer(init,
			                                                 python.layout->func_code)
			               : NULL;
		if (!base || base == python.api.PyBaseObject_Type)
			return NULL;
	}
}

void init_monitoring_choose(struct type_info *info)
{
	bool possible = python.layout->minor >= FIRST_MINOR && info->traits & TYPE_IS_HEAP &&
	                !refused;
	void *code = possible ? init_code(info->type) : NULL;

	if (!code || python.has_sub_interpreters)
		return;
	if (!init_monitoring_is_on && !start_monitoring()) {
		refused = true;
		return;
	}
	init_monitoring_is_on = true;
	observe(code, EVENT_START | EVENT_RETURN);
}
