/*
 * How an interpreter is found, hooked, checked, and left alone again.
 *
 *     ABSENT --module with PyMem_SetAllocator--> HOOKED --Py_IsInitialized()--> ASKED
 *        --our pending call runs, the self-check passes--> READY --atexit--> ENDING
 *        ENDING --Py_IsInitialized() is false--> HOOKED, for a host that starts it again
 *        unknown version, odd build, failed self-check --> REFUSED
 *
 * The allocators are wrapped as early as the interpreter's code is there, before Py_Initialize.
 * PYTHONMALLOC and -X dev put others in their place while the interpreter reads its configuration, so
 * each malloc until it is initialized looks whether ours are there still, and the pending call, which
 * runs in the main thread before user code, looks again.  cpython_poll() runs inside malloc but outside
 * any hook.
 */
#include "python.h"

#include "base/arena.h"
#include "write/definition_writer.h"
#include "write/trace_file.h"
#include "base/lock.h"
#include "unwind/module_map.h"
#include "base/format_text.h"
#include "write/thread.h"
#include "allocators.h"
#include "bound_method_counts.h"
#include "census.h"
#include "codes.h"
#include "gc_events.h"
#include "constructor_calls.h"
#include "heap_moment.h"
#include "pending_class.h"
#include "py_stack_cache.h"
#include "string_table.h"
#include "selfcheck.h"
#include "stacks.h"
#include "interpreter_state.h"
#include "base/elf_symbols.h"
#include "types.h"
#include "watched_blocks.h"

struct python python;
LOCK_DEFINE(start_lock, LOCK_PYTHON_START); /* one thread at a time changes the phase */
static uint32_t n_modules_looked_at;        /* protected by start_lock */
static struct py_thread *all_threads;

static const char *last_note; /* NULL: none yet */

PT_COLD void python_note(const char *sentence)
{
	struct definition d;
	last_note = sentence;
	definition_start(&d);
	definition_text(&d, sentence);
	definition_writer_put(PTF_D_NOTE, &d);
}

void cpython_describe(void)
{
	if (last_note)
		python_note(last_note);
}

/* ---- threads ---- */

PT_COLD struct py_thread *py_thread_new(struct self *self)
{
	struct py_thread *t =
		arena_take(sizeof *t + CODE_SITES * sizeof(struct code_site) +
	                   PY_STACK_CACHE_STACKS * sizeof(struct py_stack_cache_stack) +
	                   2 * PTF_MAX_FRAMES * sizeof(uint32_t));

	if (!t)
		return NULL;
	t->sites = (struct code_site *)(t + 1);
	t->known = (struct py_stack_cache_stack *)(t->sites + CODE_SITES);
	t->frames = (uint32_t *)(t->known + PY_STACK_CACHE_STACKS);
	t->merged = t->frames + PTF_MAX_FRAMES;
	t->self = self;
	t->turn = &gil_is_not_held;
	t->state = STATE_NONE;
	py_stack_cache_forget(t);
	t->next = __atomic_load_n(&all_threads, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&all_threads, &t->next, t, true, __ATOMIC_RELEASE,
	                                    __ATOMIC_RELAXED))
		;

	self->python = t;
	return t;
}

PT_COLD void py_thread_forget_dead(struct py_thread *t)
{
	struct deaths now = python.deaths;
	t->state = STATE_NONE;
	if (t->deaths.codes != now.codes || t->deaths.types != now.types)
		py_stack_cache_forget(t);
	if (t->deaths.codes != now.codes)
		__builtin_memset(t->sites, 0, CODE_SITES * sizeof t->sites[0]);
	if (t->deaths.types != now.types)
		__builtin_memset(t->guess, 0, sizeof t->guess);
	t->deaths = now;
}

void cpython_forget_dead(struct self *self)
{
	if (self->python)
		py_thread_refresh(self->python);
}

void *python_module(const char *name)
{
	void *modules = python.api.PyImport_GetModuleDict();
	void *module = modules ? python.api.PyDict_GetItemString(modules, name) : NULL;

	if (!module)
		return python.api.PyImport_ImportModule(name);
	python.api.Py_IncRef(module);
	return module;
}

struct self *python_quiet_begin(void)
{
	return self_tls && self_is_busy(self_tls) ? NULL : thread_untracked_begin();
}

void python_quiet_end(struct self *self)
{
	thread_untracked_end(self);
}

/* ---- finding an interpreter ---- */

#define API_OFFSET(name) (uint16_t) offsetof(struct interpreter, name)
#define API(name)                       \
	{                               \
#name, API_OFFSET(name) \
	}

static const struct {
	const char *name;
	uint16_t offset;
} api_names[] = {
	API(Py_GetVersion),
	API(PyMem_GetAllocator),
	API(PyMem_SetAllocator),
	API(Py_IsInitialized),
	API(Py_AddPendingCall),
	API(PyGILState_GetThisThreadState),
	API(PyCode_Addr2Line),
	API(PyEval_GetFrame),
	API(PyInterpreterState_GetID),
	API(PyObject_GetAttrString),
	API(PyImport_ImportModule),
	API(PyCFunction_NewEx),
	API(PyObject_CallFunctionObjArgs),
	API(PyDict_New),
	API(PyList_New),
	API(Py_BuildValue),
	API(PyDict_SetItem),
	API(PyImport_GetModuleDict),
	API(PyFloat_FromDouble),
	API(PyDict_Next),
	API(PyDict_SetItemString),
	API(PyDict_GetItemString),
	API(Py_CompileString),
	API(PyEval_EvalCode),
	API(PyList_Append),
	API(PyList_Size),
	API(PyList_GetItem),
	API(PyTuple_GetItem),
	API(PyLong_AsLong),
	API(PyLong_FromLong),
	API(PyUnicode_AsUTF8AndSize),
	API(PyErr_Fetch),
	API(PyErr_Restore),
	API(PyErr_Clear),
	API(PyDict_Clear),
	API(PyObject_IsTrue),
	API(PyObject_Str),
	API(Py_IncRef),
	API(Py_DecRef),
	API(PyMethod_Type),
	API(PyFunction_Type),
	API(PyCell_Type),
	API(PyType_Type),
	API(PyBaseObject_Type),
	API(PyUnicode_Type),
	API(PyLong_Type),
	API(PyFloat_Type),
	API(PyBytes_Type),
	API(PyTuple_Type),
	API(_Py_NoneStruct),
	API(_PyEval_EvalFrameDefault),
};

static void api_set(uint16_t offset, void *value)
{
	__builtin_memcpy((char *)&python.api + offset, &value, sizeof value);
}

/* False: not an interpreter that shows all we need. */
static bool api_find(const struct symbols *s)
{
	for (size_t i = 0; i < sizeof api_names / sizeof api_names[0]; i++) {
		void *p = symbols_find(s, api_names[i].name, NULL);
		if (!p)
			return false;
		api_set(api_names[i].offset, p);
	}
	void *current = symbols_find(s, "PyThreadState_GetUnchecked", NULL);
	if (!current)
		current = symbols_find(s, "_PyThreadState_UncheckedGet", NULL);
	api_set(API_OFFSET(current_thread_state), current);
	return current != NULL;
}

/* "3.11.2 (main, ..." as 0x030b02; POOLTRACE_FAKE_PYTHON stands in for it in tests. */
static uint32_t version_number(const char *s)
{
	uint32_t part[3] = {0, 0, 0};
	for (int i = 0; i < 3; i++) {
		while (*s >= '0' && *s <= '9')
			part[i] = part[i] * 10 + (uint32_t)(*s++ - '0');
		if (*s++ != '.')
			break;
	}
	return part[0] << 16 | (part[1] & 0xff) << 8 | (part[2] & 0xff);
}

static void find_eval(const struct symbols *s)
{
	enum { A_WHOLE_LOOP = 8192 };
	uint64_t n_bytes = 0;
	python.eval.start = (uint64_t)symbols_find(s, "_PyEval_EvalFrameDefault", &n_bytes);
	python.eval.end = python.eval.start + n_bytes;
	python.eval_cold = evalcode_cold_part(python.eval);
	python.eval_tail_calls = n_bytes < A_WHOLE_LOOP;
}

/* NULL: this build can be read; else why not. */
static const char *start_why_not(const struct symbols *s)
{
	const struct layout *l = python.layout;
	const char *wanted = format_text_env("POOLTRACE_PYTHON");

	if (wanted && wanted[0] == '0')
		return "POOLTRACE_PYTHON=0: Python stacks and classes are not recorded";
	if (python.version >> 16 != 3 || !l)
		return "this version of CPython is not known: Python stacks and classes are not "
		       "recorded";

	if (symbols_find(s, "_Py_NegativeRefcount", NULL))
		return "a debug build of CPython: Python stacks and classes are not recorded";
	if (l->minor >= 13) {
		const void *runtime = symbols_find(s, "_PyRuntime", NULL);
		const uint32_t *hex = symbols_find(s, "Py_Version", NULL);
		const char *wrong = runtime && hex ? layout_check(l, runtime, *hex)
		                                   : "the interpreter is stripped: Python stacks "
		                                     "and classes are not recorded";
		if (wrong)
			return wrong;
	}

	return NULL;
}

static PT_COLD void hook_interpreter(const struct symbols *s)
{
	const char *fake = format_text_env("POOLTRACE_FAKE_PYTHON");

	if (!api_find(s)) {
		python.phase = PYTHON_REFUSED;
		python_note("an interpreter without the symbols that CPython exports: Python "
		            "stacks and classes are not recorded");
		return;
	}

	python.version = version_number(fake ? fake : python.api.Py_GetVersion());
	python.layout = interpreter_layout_of(python.version >> 8 & 0xff);
	if (python.layout) {
		python.frames = layout_frames(python.layout);
		python.frame_previous = python.layout->frame_previous;
	}

	trace_file_live->python = python.version;
	const char *wrong = start_why_not(s);
	if (wrong) {
		python.phase = PYTHON_REFUSED;
		python_note(wrong);
		return;
	}

	find_eval(s);
	stacks_choose();
	allocators_wrap();
	python.phase = PYTHON_HOOKED;
}

/* Looks at modules that were not there the last time.  Interpreters stay, other modules may be gone. */
static PT_COLD void look_for_interpreter(void)
{
	uint32_t n = module_map_count();
	for (; n_modules_looked_at < n && python.phase == PYTHON_ABSENT; n_modules_looked_at++) {
		struct symbols s;
		const struct module *m = module_map_at(n_modules_looked_at + 1);
		if (m->is_python && symbols_of_image(m->base, m->phdr, m->n_phdr, &s))
			hook_interpreter(&s);
	}
}

/* ---- the pending call ---- */

static PT_COLD void become_ready(struct self *self)
{
	const char *wrong;

	allocators_wrap();
	wrong = selfcheck_run();
	if (wrong) {
		python.phase = PYTHON_REFUSED;
		python_note(wrong);
		return;
	}

	struct py_thread *t = py_thread_of(self);
	if (t)
		types_register_all(t);
	gc_events_watch();
	bound_methods_watch();
	constructor_calls_watch();
	census_arrange();
	heap_moment_start();
	python.phase = PYTHON_READY;
	pt_log("python is ready, version", python.version);
	python_alert |= PYTHON_READS;
}

/* In the main thread, with the GIL, at a safe point; site is being imported. */
static int pending_call(void *unused)
{
	int saved_errno = errno;
	struct self *self = python_quiet_begin();

	(void)unused;
	if (self && python.phase == PYTHON_ASKED) {
		void *type, *value, *trace;
		python.api.PyErr_Fetch(&type, &value, &trace);
		become_ready(self);
		python.api.PyErr_Restore(type, value, trace);
	}

	if (self)
		python_quiet_end(self);
	errno = saved_errno;
	return 0;
}

/* ---- polling ---- */

/* What malloc must still ask for. */
static void poll_no_more_than_needed(void)
{
	bool wait = python.phase == PYTHON_HOOKED || python.phase == PYTHON_ENDING;
	python_alert = (uint8_t)((python_alert & ~PYTHON_POLL) | (wait ? PYTHON_POLL : 0));
}

static void advance(void)
{
	if (python.phase == PYTHON_ABSENT)
		look_for_interpreter();
	if (python.phase == PYTHON_ENDING && !python.api.Py_IsInitialized())
		python.phase = PYTHON_HOOKED;
	if (python.phase == PYTHON_HOOKED && !allocators_in_place() && thread_is_alone())
		allocators_wrap();
	if (python.phase == PYTHON_HOOKED && python.api.Py_IsInitialized()) {
		allocators_wrap();
		if (python.api.Py_AddPendingCall(pending_call, NULL) == 0)
			python.phase = PYTHON_ASKED;
	}

	poll_no_more_than_needed();
}

PT_COLD void cpython_poll(void)
{
	int saved_errno = errno;
	struct self *self = python_quiet_begin();
	if (!self)
		return;
	if (lock_take(&start_lock)) {
		advance();
		lock_release(&start_lock);
	}
	python_quiet_end(self);
	errno = saved_errno;
}

void cpython_module_seen(struct module *m)
{
	struct symbols s;
	m->is_python = symbols_of_image(m->base, m->phdr, m->n_phdr, &s) &&
	               symbols_find(&s, "PyMem_SetAllocator", NULL);
	if (m->is_python && python.phase == PYTHON_ABSENT)
		python_alert |= PYTHON_POLL;
}

void cpython_init(void)
{
	if (lock_take(&start_lock)) {
		advance();
		lock_release(&start_lock);
	}
}

/* ---- ends ---- */

void python_finalizing(void)
{
	python_alert &= (uint8_t)~PYTHON_READS;
	for (struct py_thread *t = all_threads; t; t = t->next)
		pending_class_stop(t);
	python.phase = PYTHON_ENDING;
	pt_log("python ends, phase:", python.phase);
	python_alert |= PYTHON_POLL;
}

void cpython_leaves(const void *caller)
{
	uint32_t module = module_map_find((uint64_t)caller);

	/* Not in a signal handler of C code: the interpreter may be in the middle of anything. */
	if (python.phase == PYTHON_READY && module &&
	    module == module_map_find((uint64_t)python.api.Py_GetVersion))
		census_at_quick_exit();
}

void cpython_end(void)
{
	bound_methods_write();
}

/* Definitions, and allocations that wait for their class, are the parent's. */
bool cpython_forget(void)
{
	bool in_doubt = lock_forget(&start_lock);

	in_doubt |= watched_blocks_forget();
	string_table_forget();
	in_doubt |= codes_forget_ids();
	in_doubt |= types_forget_ids();
	bound_methods_forget();
	heap_moment_forget();
	census_forget();
	for (struct py_thread *t = all_threads; t; t = t->next) {
		pending_class_forget(t);
		t->collecting = false;
	}

	gil_forget();
	return in_doubt;
}

/* ---- the upcalls ---- */

static const struct python_upcalls upcalls = {.init = cpython_init,
                                              .poll = cpython_poll,
                                              .module_seen = cpython_module_seen,
                                              .settle = cpython_settle,
                                              .forget_dead = cpython_forget_dead,
                                              .put_alloc = cpython_put_alloc,
                                              .free_stack = cpython_free_stack,
                                              .stack = cpython_stack,
                                              .end = cpython_end,
                                              .leaves = cpython_leaves,
                                              .describe = cpython_describe,
                                              .forget = cpython_forget};

/* Before lifecycle_constructor(), which has no priority. */
static __attribute__((constructor(101))) void register_upcalls(void)
{
	python_upcalls = &upcalls;
}
