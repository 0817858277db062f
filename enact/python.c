/* See python.h. */
#include "enact/python.h"

#include "base/real.h"
#include "enact/plan.h"
#include "enact/pools.h"

#define FILE_INPUT 257 /* Py_file_input */

__asm__(".pushsection .rodata\n"
        "enact_slots_py:\n"
        ".incbin \"enact/python/slots.py\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char enact_slots_py[];

bool python_wanted;

static struct {
	int (*Py_IsInitialized)(void);
	int (*Py_AddPendingCall)(int (*)(void *), void *);
	void *(*Py_CompileString)(const char *, const char *, int);
	void *(*PyEval_EvalCode)(void *, void *, void *);
	void *(*PyEval_GetBuiltins)(void);
	void *(*PyDict_New)(void);
	int (*PyDict_SetItemString)(void *, const char *, void *);
	void *(*PyLong_FromUnsignedLong)(unsigned long);
	void (*PyErr_Fetch)(void **, void **, void **);
	void (*PyErr_Restore)(void *, void *, void *);
	void (*PyErr_Clear)(void);
	void (*Py_DecRef)(void *);
} python;

#define FIND_PYTHON(name) ((python.name = (__typeof__(python.name))real_first(#name)) != NULL)

void python_start(void)
{
	python_wanted = plan.n_classes && FIND_PYTHON(Py_IsInitialized) &&
	                FIND_PYTHON(Py_AddPendingCall) && FIND_PYTHON(Py_CompileString) &&
	                FIND_PYTHON(PyEval_EvalCode) && FIND_PYTHON(PyEval_GetBuiltins) &&
	                FIND_PYTHON(PyDict_New) && FIND_PYTHON(PyDict_SetItemString) &&
	                FIND_PYTHON(PyLong_FromUnsignedLong) && FIND_PYTHON(PyErr_Fetch) &&
	                FIND_PYTHON(PyErr_Restore) && FIND_PYTHON(PyErr_Clear) &&
	                FIND_PYTHON(Py_DecRef);
}

static void run_script(void)
{
	void *names = python.PyDict_New();
	void *serving = python.PyLong_FromUnsignedLong(pools_serving);
	void *code = python.Py_CompileString(enact_slots_py, "<pooltrace>", FILE_INPUT);
	void *result = NULL;

	if (names && serving && code &&
	    !python.PyDict_SetItemString(names, "__builtins__", python.PyEval_GetBuiltins()) &&
	    !python.PyDict_SetItemString(names, "serving", serving))
		result = python.PyEval_EvalCode(code, names, names);
	python.PyErr_Clear();
	void *const made[] = {names, serving, code, result};
	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
		if (made[i])
			python.Py_DecRef(made[i]);
}

/* In the main thread, with the GIL, at a safe point. */
static int pending_call(void *unused)
{
	void *type, *value, *trace;
	int saved_errno = errno;

	(void)unused;
	python.PyErr_Fetch(&type, &value, &trace);
	run_script();
	python.PyErr_Restore(type, value, trace);
	errno = saved_errno;
	return 0;
}

PT_COLD void python_poll(void)
{
	int saved_errno = errno;

	if (__atomic_exchange_n(&python_wanted, false, __ATOMIC_ACQ_REL) &&
	    (!python.Py_IsInitialized() || python.Py_AddPendingCall(pending_call, NULL) != 0))
		__atomic_store_n(&python_wanted, true, __ATOMIC_RELEASE);
	errno = saved_errno;
}
