/*
 * See collections.h.  Each callback is (phase, info), phase "start" or "stop".  It covers the main
 * interpreter; sub-interpreters have lists of their own.
 */
#include "collections.h"

#include "../clock.h"
#include "held.h"
#include "python.h"
#include "state.h"

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
	*p++ = start ? 1 : 2;
	p = ptc_put_varint(p, info_number(info, "generation"));
	p = ptc_put_varint(p, info_number(info, "collected"));
	p = ptc_put_varint(p, info_number(info, "uncollectable"));
	p = ptc_put_varint(p, clock_units());
	stream_put_record(self, PTF_E_GC, payload, (uint32_t)(p - payload));
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
		if (t && !start)
			held_look_after_collection(t);
		python_settle(self);
		put_collection(self, start, python.api.PyTuple_GetItem(arguments, 1));
		python_quiet_end(self);
	}
	errno = saved_errno;
	python.api.Py_IncRef(python.api._Py_NoneStruct);
	return python.api._Py_NoneStruct;
}

static struct method_definition definition = {"pooltrace_collection", on_collection, 1, NULL};

void collections_watch(void)
{
	void *gc = python.api.PyImport_ImportModule("gc");
	void *callbacks = gc ? python.api.PyObject_GetAttrString(gc, "callbacks") : NULL;
	void *function = callbacks ? python.api.PyCFunction_NewEx(&definition, NULL, NULL) : NULL;
	if (function) {
		python.api.PyList_Append(callbacks, function);
		python.api.Py_DecRef(function);
	}
	if (callbacks)
		python.api.Py_DecRef(callbacks);
	if (gc)
		python.api.Py_DecRef(gc);
	python.api.PyErr_Clear();
}
