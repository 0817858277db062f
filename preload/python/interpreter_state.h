/*
 * What the Python parts know about the process and about each thread, and the interpreter's functions.
 */
#ifndef PT_PYTHON_INTERPRETER_STATE_H
#define PT_PYTHON_INTERPRETER_STATE_H

#include "write/self.h"
#include "evalcode.h"
#include "interpreter_layout.h"

/* CPython's PyMemAllocatorEx, the same since 3.5. */
struct allocator {
	void *context;
	void *(*allocate)(void *context, size_t n_bytes);
	void *(*allocate_zeroed)(void *context, size_t n_items, size_t n_bytes);
	void *(*resize)(void *context, void *block, size_t n_bytes);
	void (*release)(void *context, void *block);
};

struct method_definition {
	const char *name;
	void *(*function)(void *self, void *arguments);
	int flags;
	const char *doc;
};

/* The interpreter's functions and objects, by their own names.  All must be there. */
struct interpreter {
	/* The current thread's state, NULL without the GIL; its name depends on the version. */
	void *(*current_thread_state)(void);
	const char *(*Py_GetVersion)(void);
	void (*PyMem_GetAllocator)(int domain, struct allocator *);
	void (*PyMem_SetAllocator)(int domain, struct allocator *);
	int (*Py_IsInitialized)(void);
	int (*Py_AddPendingCall)(int (*)(void *), void *);
	void *(*PyGILState_GetThisThreadState)(void);
	int (*PyCode_Addr2Line)(const void *code, int offset);
	void *(*PyEval_GetFrame)(void);
	long (*PyInterpreterState_GetID)(void *);
	void *(*PyObject_GetAttrString)(void *, const char *);
	void *(*PyImport_ImportModule)(const char *);
	void *(*PyCFunction_NewEx)(struct method_definition *, void *self, void *module);
	void *(*PyObject_CallFunctionObjArgs)(void *, ...);
	void *(*PyDict_New)(void);
	void *(*PyList_New)(long);
	void *(*Py_BuildValue)(const char *, ...);
	int (*PyDict_SetItem)(void *, void *, void *);
	void *(*PyImport_GetModuleDict)(void);
	void *(*PyFloat_FromDouble)(double);
	int (*PyDict_Next)(void *, long *, void **, void **);
	int (*PyDict_SetItemString)(void *, const char *, void *);
	void *(*PyDict_GetItemString)(void *, const char *);
	void *(*Py_CompileString)(const char *, const char *file, int start);
	void *(*PyEval_EvalCode)(void *code, void *globals, void *locals);
	int (*PyList_Append)(void *, void *);
	long (*PyList_Size)(void *);
	void *(*PyList_GetItem)(void *, long);
	void *(*PyTuple_GetItem)(void *, long);
	long (*PyLong_AsLong)(void *);
	void *(*PyLong_FromLong)(long);
	const char *(*PyUnicode_AsUTF8AndSize)(void *, long *);
	void (*PyErr_Fetch)(void **, void **, void **);
	void (*PyErr_Restore)(void *, void *, void *);
	void (*PyErr_Clear)(void);
	void (*PyDict_Clear)(void *);
	int (*PyObject_IsTrue)(void *);
	void *(*PyObject_Str)(void *);
	void (*Py_IncRef)(void *);
	void (*Py_DecRef)(void *);
	void *PyMethod_Type;
	void *PyFunction_Type;
	void *PyCell_Type;
	void *PyType_Type;
	void *PyBaseObject_Type;
	void *PyUnicode_Type;
	void *PyLong_Type;
	void *PyFloat_Type;
	void *PyBytes_Type;
	void *PyTuple_Type;
	void *_Py_NoneStruct;
	void *_PyEval_EvalFrameDefault;
};

/* Counts of code objects, types and thread states that were known by their addresses and are gone. */
struct deaths {
	uint32_t all; /* changes after the others */
	uint32_t codes, types, states;
};

/* Life of the Python parts.  They only ever read the interpreter's memory when READY. */
enum python_phase {
	PYTHON_ABSENT,  /* no interpreter in this process yet */
	PYTHON_HOOKED,  /* allocators wrapped; waiting for Py_IsInitialized() */
	PYTHON_ASKED,   /* a pending call is due in the main thread */
	PYTHON_READY,   /* the self-check has passed */
	PYTHON_ENDING,  /* the interpreter is being finalized; it may be started again */
	PYTHON_REFUSED, /* unknown, or the self-check has failed: see the note in the trace */
};

struct python {
	const struct layout *layout;
	uint8_t frames;          /* enum frames_kind */
	uint16_t frame_previous; /* the layout's */
	struct deaths deaths;    /* so far */
	enum python_phase phase;
	struct interpreter api; /* its first function is what each event calls */
	uint32_t version;       /* 0xMMmmpp */
	struct code_range eval,
		eval_cold;    /* code of the interpreter loop, and what was moved out of it */
	bool eval_tail_calls; /* the loop is a row of functions that _PyEval_EvalFrameDefault calls */
	const void *main_interpreter;
	bool has_sub_interpreters; /* something ran in another one */
} __attribute__((aligned(64)));

extern struct python python;

enum pending_class_state {
	PENDING_CLASS_NONE,
	PENDING_CLASS_WAITING, /* its class is still to be read */
	PENDING_CLASS_BUSY, /* a thread without the GIL, or the GIL's next holder, is reading it */
	PENDING_CLASS_RESOLVED, /* class_id is final */
};

/* What a block of this size was last. */
struct type_guess {
	uint32_t size_bytes; /* 0: nothing yet (or of 4 GiB and more) */
	bool varies;         /* it had another size before */
	struct type_info
		*info; /* no object: NULL, or where it is expected (py_stack_cache.h) types_none */
};

PT_INLINE struct type_guess type_guess_of(uint64_t size_bytes, struct type_info *info)
{
	return (struct type_guess){
		.size_bytes = size_bytes <= UINT32_MAX ? (uint32_t)size_bytes : 0, .info = info};
}

#define TYPES_BUILT 2u /* a line of Python often makes two: a number and a string of it, say */

/* An allocation whose header is still to be written: see pending_class.h. */
struct pending_class {
	volatile uint32_t state; /* enum pending_class_state */
	uint32_t class_id;       /* when PENDING_CLASS_RESOLVED */
	uint64_t address, size_bytes;
	struct type_info *expected; /* the class in the record, types_none: none is there */
	struct type_guess *site;    /* where it was looked up, for the next ones from there */
};

/*
 * Up to 3.11 a collection may start between an object's allocation and the writing of its header.
 * These are the last blocks that held no object when they were looked at; after a collection they
 * are looked at again.
 */
#define UNSURE_BLOCKS 4u
#define UNSURE_LAST_MINOR 11u
struct unsure {
	uint64_t filter; /* a bit for each, by unsure_bit(): others are none of them */
	uint64_t address[UNSURE_BLOCKS]; /* 0: none, or freed */
	uint64_t size_bytes[UNSURE_BLOCKS];
	uint32_t next;
	uint32_t looks; /* how many more allocations look at them again */
};

struct code_site;
struct py_stack_cache_stack;
#define PAGE_ANSWERS 256u
#define PY_STACK_CACHE_PLACES 256u
#define STATE_NONE ((const void *)1) /* NULL is the state of a thread without the GIL */
#define TYPE_GUESSES 32u

/* An observed __init__ that runs (init_monitoring.c). */
#define INIT_CALLS 16u
struct init_call {
	const void *frame, *object;
	uint64_t start_ticks, start_cpu_ns, start_waits;
	uint32_t hash, n_objects; /* of its arguments, see argument_key.h */
	uint64_t argument[4];
};

struct py_thread {
	/* of each event, in two lines of the cache */
	struct pending_class held;
	struct gil_turn *turn; /* of the interpreter that this thread ran last */
	const void *state;     /* it ran by this thread state; STATE_NONE: by none that is known */
	struct deaths deaths;  /* of which it knows */
	bool collecting;       /* a garbage collection runs in this thread */
	int64_t look_in_bytes; /* so many are allocated until it looks whether a heap graph is due */
	struct unsure unsure;

	struct self *self;
	struct py_thread *next;             /* list of all, for the forked child */
	struct py_stack_cache_stack *known; /* py_stack_cache.c */
	uint32_t next_known;                /* which of them is used next */
	long watched_blocks_id;  /* gc_events.c: number of the interpreter looked after last */
	struct code_site *sites; /* frames.c */
	uint32_t *merged;        /* room for PTF_MAX_FRAMES */
	uint32_t *frames;        /* room for PTF_MAX_FRAMES */
	const struct py_stack_cache_stack *walked; /* whose frames they are, NULL: of none */
	struct type_guess guess[TYPE_GUESSES];     /* types.c */
	struct py_stack_cache_stack
		*py_stack_cache_at[PY_STACK_CACHE_PLACES]; /* py_stack_cache.c */
	const void *
		called; /* the class that type.__call__ builds an instance of, as far as it is followed */
	uint32_t n_init_calls;
	struct init_call init_call[INIT_CALLS];
	uint32_t n_page_answers;
	uint64_t page[PAGE_ANSWERS]; /* page number * 2 + (1: of a module's writable data) */
} __attribute__((aligned(64)));      /* as what follows it in memory is */

/* A sentence for the report's health section. */
void python_note(const char *sentence);

/* The interpreter's last function at exit has run: its memory is not to be read any more. */
void python_finalizing(void);

/* The module from sys.modules, else imported.  PyImport_ImportModule() asks the running code's builtins for
 * __import__, which code with builtins of its own may not have.  A new reference; NULL with an error set. */
void *python_module(const char *name);
/* Nothing of what follows in this thread is recorded.  NULL: a hook or we ourselves run already. */
struct self *python_quiet_begin(void);
void python_quiet_end(struct self *self);

struct py_thread *py_thread_new(struct self *self);

/* Something was added to one of `deaths`. */
PT_INLINE void py_count_death(uint32_t *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&python.deaths.all, 1, __ATOMIC_RELEASE);
	generation_next();
}

void py_thread_forget_dead(struct py_thread *t);

/* Before anything is looked up that a thread remembers by addresses. */
PT_INLINE void py_thread_refresh(struct py_thread *t)
{
	if (unlikely(t->deaths.all != __atomic_load_n(&python.deaths.all, __ATOMIC_ACQUIRE)))
		py_thread_forget_dead(t);
}

/* This thread's, made at first use; NULL: no memory. */
PT_INLINE struct py_thread *py_thread_of(struct self *self)
{
	return likely(self->python) ? self->python : py_thread_new(self);
}

#endif
