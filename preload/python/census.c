/*
 * See census.h.
 *
 * The census itself is a Python program (census/look.py), run in a namespace of its own: by our function
 * at exit, which was registered first and so runs last, and after the heap graphs at peaks.  It asks for its other parts when they have
 * something to tell.  Tracing and profiling functions of the program
 * are off during the census, collections are off, and nothing that it allocates is recorded.
 */
#include "census.h"

#include "base/clock.h"
#include "write/definition_writer.h"
#include "base/format_text.h"
#include "frames.h"
#include "heap_moment.h"
#include "instance_layout.h"
#include "census_sample.h"
#include "interpreter_state.h"

#define CENSUS_PIECE_BYTES (PTF_MAX_RECORD - 64u)

#define PART(name)                                                 \
	__asm__(".pushsection .rodata\n"                           \
	        "census_" #name ":\n"                              \
	        ".incbin \"preload/python/census/" #name ".py\"\n" \
	        ".byte 0\n"                                        \
	        ".popsection\n");                                  \
	extern const char census_##name[] __attribute__((visibility("hidden")))

PART(look);
PART(json);
PART(attributes);
PART(classes);
PART(caches);

struct part {
	const char *name, *text;
};

static const struct part first_part = {"look", census_look};
static const struct part more_parts[] = {
	{"json", census_json},
	{"attributes", census_attributes},
	{"classes", census_classes},
	{"caches", census_caches},
};

/* Of the census that is being taken. */
static void *names;
static uint32_t parts_there; /* a bit for each of more_parts */
static uint64_t budget;      /* nanoseconds of CPU that it may take */

/* ---- what the program may ask ---- */

static void *census_none(void)
{
	python.api.Py_IncRef(python.api._Py_NoneStruct);
	return python.api._Py_NoneStruct;
}

/*
 * The clock of the census's budget: the thread's CPU, so that the same is looked at on a machine under
 * load, and a tenth of real time, so that it ends there, too.
 */
static void *census_now(void *unused, void *arguments)
{
	struct timespec cpu = {0};
	(void)unused;
	(void)arguments;
	clock_read(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return python.api.PyFloat_FromDouble((double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9 +
	                                     (double)clock_mono_ns() / 1e10);
}

static void *census_allowed(void *unused, void *arguments)
{
	(void)unused;
	(void)arguments;
	return python.api.PyFloat_FromDouble((double)budget / 1e9);
}

static void put_piece(const char *text, uint64_t n_bytes, uint64_t number, uint64_t of)
{
	uint8_t payload[PTF_MAX_RECORD];
	uint8_t *p = ptc_put_varint(payload, number);
	p = ptc_put_varint(p, of);
	__builtin_memcpy(p, text, n_bytes);
	definition_writer_put_bytes(PTF_D_CENSUS, payload, (uint32_t)(p + n_bytes - payload));
}

static void *census_emit(void *unused, void *str)
{
	long n_bytes = 0;
	const char *text = python.api.PyUnicode_AsUTF8AndSize(str, &n_bytes);
	uint64_t n = text ? (uint64_t)n_bytes : 0,
		 of = (n + CENSUS_PIECE_BYTES - 1) / CENSUS_PIECE_BYTES;
	(void)unused;
	for (uint64_t i = 0; i < of; i++)
		put_piece(text + i * CENSUS_PIECE_BYTES,
		          pt_min(n - i * CENSUS_PIECE_BYTES, CENSUS_PIECE_BYTES), i, of);
	if (!text)
		return NULL;
	return census_none();
}

static void *census_layout(void *unused, void *object)
{
	struct instance_layout l = {0};
	const struct type_info *info = types_known(load_pointer(object, OBJ_TYPE));
	(void)unused;
	if (info)
		l = instance_measure(info, object);
	return python.api.Py_BuildValue("(KKKKi)", l.object_bytes, l.dict_bytes, l.values_bytes,
	                                l.keys_bytes, (int)l.dict_seen);
}

static void *census_dict_of(void *unused, void *object)
{
	struct type_info *info = types_known(load_pointer(object, OBJ_TYPE));
	(void)unused;
	void *dict = info ? instance_attributes(info, object) : NULL;
	return dict ? dict : census_none();
}

/* Compiles and runs a part; false with the error set.  Not by PyRun_String(), which forgets that the
 * program ends by an interrupt. */
static bool run_part(const struct part *part)
{
	enum { TRACE_FILE_INPUT = 257 };
	void *code = python.api.Py_CompileString(part->text, part->name, TRACE_FILE_INPUT);
	void *result = code ? python.api.PyEval_EvalCode(code, names, names) : NULL;
	if (code)
		python.api.Py_DecRef(code);
	if (result)
		python.api.Py_DecRef(result);
	return result != NULL;
}

static void *census_need(void *unused, void *str)
{
	const char *name = python.api.PyUnicode_AsUTF8AndSize(str, NULL);
	(void)unused;
	for (uint32_t i = 0; name && i < sizeof more_parts / sizeof more_parts[0]; i++) {
		bool wanted = strcmp(name, more_parts[i].name) == 0 && !(parts_there >> i & 1);
		if (!wanted)
			continue;
		parts_there |= 1u << i;
		if (!run_part(&more_parts[i]))
			return NULL;
	}
	return name ? census_none() : NULL;
}

enum { SEVERAL_ARGUMENTS = 1, NO_ARGUMENTS = 4, ONE_ARGUMENT = 8 };

static struct method_definition answers[] = {
	{"now", census_now, NO_ARGUMENTS, NULL},
	{"allowed", census_allowed, NO_ARGUMENTS, NULL},
	{"emit", census_emit, ONE_ARGUMENT, NULL},
	{"need", census_need, ONE_ARGUMENT, NULL},
	{"type_table", census_sample_types, NO_ARGUMENTS, NULL},
	{"cache_table", census_sample_caches, NO_ARGUMENTS, NULL},
	{"layout", census_layout, ONE_ARGUMENT, NULL},
	{"dict_of", census_dict_of, ONE_ARGUMENT, NULL},
};

/* ---- running it ---- */

static void census_drop(void *object)
{
	if (object)
		python.api.Py_DecRef(object);
	else
		python.api.PyErr_Clear();
}

/* module.name(argument) or module.name(); a new reference, NULL with the error cleared. */
static void *ask(void *module, const char *name, void *argument)
{
	void *function = module ? python.api.PyObject_GetAttrString(module, name) : NULL;
	void *result = function ? python.api.PyObject_CallFunctionObjArgs(function, argument, NULL)
	                        : NULL;
	census_drop(function);
	if (!result)
		python.api.PyErr_Clear();
	return result;
}

static void *census_namespace(void)
{
	void *dict = python.api.PyDict_New(), *module = python_module("builtins");
	void *builtins = module ? python.api.PyObject_GetAttrString(module, "__dict__") : NULL;

	census_drop(module);
	if (!dict || !builtins) {
		census_drop(dict);
		census_drop(builtins);
		return NULL;
	}
	python.api.PyDict_SetItemString(dict, "__builtins__", builtins);
	census_drop(builtins);
	python.api.PyDict_SetItemString(dict, "BOUND", python.api.PyMethod_Type);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		void *function = python.api.PyCFunction_NewEx(&answers[i], NULL, NULL);
		if (function)
			python.api.PyDict_SetItemString(dict, answers[i].name, function);
		census_drop(function);
	}

	return dict;
}

/* Our own mistake, or memory has run out: the report says that there is no census. */
static PT_COLD void note_failure(void)
{
	char buffer[300];
	struct format_text t = format_text_in(buffer, sizeof buffer);
	void *type, *value, *traceback;

	python.api.PyErr_Fetch(&type, &value, &traceback);
	void *line = traceback ? python.api.PyObject_GetAttrString(traceback, "tb_lineno") : NULL;
	void *message = value ? python.api.PyObject_Str(value) : NULL;
	const char *words = message ? python.api.PyUnicode_AsUTF8AndSize(message, NULL) : NULL;
	format_text_add(&t, "the census of the interpreter failed: ");
	format_text_add(&t, words ? words : "no reason given");
	format_text_add(&t, ", line ");
	format_text_add_number(&t, line ? (uint64_t)python.api.PyLong_AsLong(line) : 0);
	python_note(buffer);
	census_drop(message);
	census_drop(line);
	python.api.PyErr_Restore(type, value, traceback);
	python.api.PyErr_Clear();
}

static void run_program(void)
{
	names = census_namespace();
	parts_there = 0;
	if (!names)
		return;

	if (!run_part(&first_part))
		note_failure();
	python.api.PyDict_Clear(names);
	python.api.Py_DecRef(names);
	names = NULL;
}

static bool census_wanted(void)
{
	const char *wanted = format_text_env("POOLTRACE_CENSUS");
	return !(wanted && strcmp(wanted, "0") == 0);
}

bool census_hold_gc(void)
{
	void *gc = python_module("gc"), *enabled = ask(gc, "isenabled", NULL);
	bool is_on = enabled && python.api.PyObject_IsTrue(enabled);

	if (is_on)
		census_drop(ask(gc, "disable", NULL));
	census_drop(enabled);
	census_drop(gc);
	return is_on;
}

void census_release_gc(bool was_on)
{
	void *gc = was_on ? python_module("gc") : NULL;

	if (gc)
		census_drop(ask(gc, "enable", NULL));
	census_drop(gc);
}

/* The program's own tracing functions must not see ours. */
static void look_untraced(void)
{
	void *sys = python_module("sys");
	void *trace = ask(sys, "gettrace", NULL), *profile = ask(sys, "getprofile", NULL);
	void *no = python.api._Py_NoneStruct;
	bool traced = trace && trace != no, profiled = profile && profile != no;

	if (traced)
		census_drop(ask(sys, "settrace", no));
	if (profiled)
		census_drop(ask(sys, "setprofile", no));
	run_program();
	if (profiled)
		census_drop(ask(sys, "setprofile", profile));
	if (traced)
		census_drop(ask(sys, "settrace", trace));
	void *mine[] = {profile, trace, sys};
	for (size_t i = 0; i < sizeof mine / sizeof mine[0]; i++)
		census_drop(mine[i]);
}

/* Protected by the GIL, which the census's own code lets other threads have: they may be asked for one, too. */
static bool is_under_way;

uint64_t census_take(uint64_t budget_ns, bool with_instances)
{
	uint64_t start_ns = clock_ns_of(CLOCK_THREAD_CPUTIME_ID);

	if (!census_wanted() || is_under_way)
		return 0;
	is_under_way = true;
	budget = budget_ns;
	census_sample_begin(with_instances);
	look_untraced();
	census_sample_end();
	is_under_way = false;
	return clock_ns_of(CLOCK_THREAD_CPUTIME_ID) - start_ns;
}

void census_forget(void)
{
	is_under_way = false;
}

static void look_at_end(void)
{
	struct self *self = census_wanted() ? python_quiet_begin() : NULL;
	void *type, *value, *traceback;

	if (!self)
		return;
	python.api.PyErr_Fetch(&type, &value, &traceback);
	heap_moment_at_exit(self);
	python.api.PyErr_Restore(type, value, traceback);
	python_quiet_end(self);
}

void census_at_quick_exit(void)
{
	const void *state = python.phase == PYTHON_READY ? frames_thread_state() : NULL;

	if (state && frames_current(state))
		look_at_end();
}

static void *on_exit_of_interpreter(void *unused, void *arguments)
{
	int saved_errno = errno;

	(void)unused;
	(void)arguments;
	look_at_end();
	python_finalizing();
	errno = saved_errno;
	return census_none();
}

static struct method_definition at_exit = {"pooltrace_exit", on_exit_of_interpreter, NO_ARGUMENTS,
                                           NULL};

void census_arrange(void)
{
	void *module = python_module("atexit");
	void *function = python.api.PyCFunction_NewEx(&at_exit, NULL, NULL);
	census_drop(function ? ask(module, "register", function) : NULL);
	census_drop(function);
	census_drop(module);
}
