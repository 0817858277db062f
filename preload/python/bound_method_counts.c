/*
 * See bound_method_counts.h.
 *
 * PyMethod_Type.tp_dealloc is replaced by a function that counts and calls the original.  A count is
 * kept by (class of self, function's code): both are turned into their numbers in the trace at once,
 * since either may be gone at the end.
 */
#include "bound_method_counts.h"

#include "base/arena.h"
#include "write/definition_writer.h"
#include "base/lock.h"
#include "codes.h"
#include "gc_events.h"
#include "python.h"
#include "interpreter_state.h"
#include "types.h"

struct bound_methods_count {
	const void *type; /* NULL: free slot */
	const void *code;
	uint64_t n; /* atomic */
	uint32_t class_id, name;
};

#define BOUND_METHODS_SLOTS 4096u

static struct bound_methods_count
	*counts;         /* open addressing; slots are only ever added, under bound_methods_lock */
static uint64_t n_other; /* when the table is full */
LOCK_DEFINE(bound_methods_lock, LOCK_BOUND_METHODS);
static void (*original_dealloc)(void *);

static const void *bound_method_counts_code_of(const void *function)
{
	if (!function || load_pointer(function, OBJ_TYPE) != python.api.PyFunction_Type)
		return NULL;
	return load_pointer(function, python.layout->func_code);
}

static struct bound_methods_count *bound_methods_slot(const void *type, const void *code)
{
	uint64_t h = ((uintptr_t)type ^ (uintptr_t)code >> 5) * 0x9E3779B97F4A7C15ull >> 32;
	for (uint32_t i = 0; i < 64; i++) {
		struct bound_methods_count *c = &counts[(h + i) % BOUND_METHODS_SLOTS];
		const void *found = __atomic_load_n(&c->type, __ATOMIC_ACQUIRE);
		if (!found || (found == type && c->code == code))
			return c;
	}
	return NULL;
}

/* The class and the function, while they are there to be asked. */
static PT_COLD void bound_methods_meet(struct bound_methods_count *c, const void *type,
                                       const void *code)
{
	struct self *self = python_quiet_begin();

	if (!self)
		return;
	struct py_thread *t = py_thread_of(self);
	if (t && lock_take(&bound_methods_lock)) {
		if (!c->type) {
			struct type_info *info = types_find(t, type);
			c->class_id = info ? types_class(t, info) : 0;
			c->name = code ? codes_function_name(code) : 0;
			c->code = code;
			__atomic_store_n(&c->type, type, __ATOMIC_RELEASE);
		}
		lock_release(&bound_methods_lock);
	}

	python_quiet_end(self);
}

/* A class method is bound to the class itself, not to an instance of it. */
static const void *class_of_receiver(const void *instance)
{
	const void *type = load_pointer(instance, OBJ_TYPE);
	const struct type_info *info = types_known(type);

	return info && info->traits & TYPE_IS_METACLASS && types_known(instance) ? instance : type;
}

static void counting_dealloc(void *method)
{
	const void *instance = load_pointer(method, METHOD_SELF);
	if (python_alert & PYTHON_READS && instance) {
		const void *type = class_of_receiver(instance);
		const void *code = bound_method_counts_code_of(load_pointer(method, METHOD_FUNC));
		struct bound_methods_count *c = bound_methods_slot(type, code);
		if (c && unlikely(!c->type))
			bound_methods_meet(c, type, code);
		__atomic_fetch_add(c ? &c->n : &n_other, 1, __ATOMIC_RELAXED);
		if (unlikely(python.has_sub_interpreters))
			gc_events_watch_here();
	}

	original_dealloc(method);
}

void bound_methods_watch(void)
{
	void (**slot)(void *) =
		(void (**)(void *))((char *)python.api.PyMethod_Type + TYPE_DEALLOC);
	if (!counts)
		counts = arena_take(BOUND_METHODS_SLOTS * sizeof *counts);
	if (!counts || *slot == counting_dealloc)
		return;
	original_dealloc = *slot;
	*slot = counting_dealloc;
}

void bound_methods_write(void)
{
	for (uint32_t i = 0; counts && i < BOUND_METHODS_SLOTS; i++) {
		struct bound_methods_count *c = &counts[i];
		uint64_t n = __atomic_exchange_n(&c->n, 0, __ATOMIC_RELAXED);
		struct definition d;
		if (!n)
			continue;

		definition_start(&d);
		definition_number(&d, c->class_id);
		definition_number(&d, c->name);
		definition_number(&d, n);
		definition_writer_put(PTF_D_BOUND, &d);
	}
}

void bound_methods_forget(void)
{
	lock_forget(&bound_methods_lock);
	if (counts)
		__builtin_memset(counts, 0, BOUND_METHODS_SLOTS * sizeof *counts);
}
