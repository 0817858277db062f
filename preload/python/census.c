/* See census.h. */
#include "census.h"

#include "../thread.h"
#include "state.h"

static void *on_exit_of_interpreter(void *unused, void *arguments)
{
	(void)unused;
	(void)arguments;
	python_finalizing();
	python.api.Py_IncRef(python.api._Py_NoneStruct);
	return python.api._Py_NoneStruct;
}

static struct method_definition definition = {"pooltrace_exit", on_exit_of_interpreter, 1, NULL};

void census_arrange(void)
{
	void *atexit_module = python.api.PyImport_ImportModule("atexit");
	void *add = atexit_module ? python.api.PyObject_GetAttrString(atexit_module, "register") : NULL;
	void *function = add ? python.api.PyCFunction_NewEx(&definition, NULL, NULL) : NULL;
	void *result = function ? python.api.PyObject_CallFunctionObjArgs(add, function, NULL) : NULL;
	void *mine[] = {result, function, add, atexit_module};
	for (size_t i = 0; i < sizeof mine / sizeof mine[0]; i++)
		if (mine[i])
			python.api.Py_DecRef(mine[i]);
	python.api.PyErr_Clear();
}
