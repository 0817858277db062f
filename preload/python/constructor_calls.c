/* See constructor_calls.h. */
#include "constructor_calls.h"

#include "base/clock.h"
#include "intercept/hook.h"
#include "base/raw.h"
#include "write/event_writer.h"
#include "argument_key.h"
#include "init_monitoring.h"
#include "python.h"

typedef void *(*call_slot)(void *type, void *arguments, void *keywords);

static call_slot original_call;
static bool any_slow; /* a class was slow once: before that no type is looked up */

/* About 12 us: with a time stamp counter 32768 ticks, which is 8 us at 4 GHz and 16 us at 2 GHz. */
bool constructor_call_is_short(uint64_t ticks)
{
	return ticks < (clock_is_tsc ? 32768u : 12000u);
}

/* Voluntary context switches: a thread that another one has displaced from its processor has not waited. */
static uint64_t thread_waits(void)
{
	struct rusage usage = {0};

	raw_call(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0, 0, 0, 0);
	return (uint64_t)usage.ru_nvcsw;
}

struct call_time constructor_call_begins(bool with_cpu)
{
	struct call_time begin = {0};

	if (with_cpu) {
		begin.cpu_ns = clock_ns_of(CLOCK_THREAD_CPUTIME_ID);
		begin.n_waits = thread_waits();
	}
	begin.ticks = clock_ticks();
	return begin;
}

void constructor_call_record(struct self *self, const struct type_info *info, const void *object,
                             const struct call_time *start, const struct argument_key *key)
{
	uint8_t payload[7 * 10];
	uint8_t *p;
	uint64_t cpu_ns = start->cpu_ns ? clock_ns_of(CLOCK_THREAD_CPUTIME_ID) - start->cpu_ns + 1
	                                : 0;

	for (uint32_t i = 0; i < key->n_objects; i++) {
		p = ptc_put_varint(payload, key->object[i]);
		event_writer_put_record(self, PTF_E_ARGUMENT, payload, (uint32_t)(p - payload));
	}
	uint64_t now = timestamp_take(self);

	p = ptc_put_varint(payload, (uint64_t)object - info->offset);
	p = ptc_put_varint(p, info->class_id);
	p = ptc_put_varint(p, start->ticks >> CLOCK_TIME_SHIFT);
	p = ptc_put_varint(p, now);
	p = ptc_put_varint(p, cpu_ns);
	p = ptc_put_varint(p, cpu_ns ? thread_waits() - start->n_waits : 0);
	p = ptc_put_varint(p, key->hash);
	event_writer_put_record(self, PTF_E_CONSTRUCTED, payload, (uint32_t)(p - payload));
}

static void record_call(struct self *self, struct py_thread *t, const void *made,
                        const struct call_time *start, void *arguments, void *keywords)
{
	struct type_info *info = types_find(t, load_pointer(made, OBJ_TYPE));
	struct argument_key key = {0};

	if (!info || info->traits & TYPE_IS_METACLASS)
		return;
	python_settle(self);
	types_class(t, info);
	argument_key_of_call(&key, arguments, keywords);
	constructor_call_record(self, info, made, start, &key);
	if (info->traits & TYPE_IS_SLOW)
		return;
	info->traits |= TYPE_IS_SLOW;
	any_slow = true;
	init_monitoring_choose(info);
}

static PT_COLD void call_was_slow(const void *made, const struct call_time *start, void *arguments,
                                  void *keywords)
{
	int saved_errno = errno;
	struct self *self = python_quiet_begin();
	struct py_thread *t = self ? py_thread_of(self) : NULL;

	if (t)
		record_call(self, t, made, start, arguments, keywords);
	if (self)
		python_quiet_end(self);
	errno = saved_errno;
}

static PT_COLD struct call_time slow_call_begins(const void *type)
{
	const struct type_info *info = types_known(type);

	return constructor_call_begins(info && info->traits & TYPE_IS_SLOW);
}

/* In place of type_call(). */
static void *timed_call(void *type, void *arguments, void *keywords)
{
	if (unlikely(!(python_alert & PYTHON_READS)))
		return original_call(type, arguments, keywords);
	struct call_time start = any_slow ? slow_call_begins(type) : constructor_call_begins(false);
	const void *outer = init_monitoring_enter(type);
	void *made = original_call(type, arguments, keywords);

	init_monitoring_leave(outer);
	if (unlikely(made && !constructor_call_is_short(clock_ticks() - start.ticks)))
		call_was_slow(made, &start, arguments, keywords);
	return made;
}

static call_slot *constructor_calls_slot_of(const void *type)
{
	return (call_slot *)((uintptr_t)type + TYPE_CALL);
}

void constructor_calls_meet_metaclass(const void *metaclass)
{
	if (original_call && *constructor_calls_slot_of(metaclass) == original_call)
		*constructor_calls_slot_of(metaclass) = timed_call;
}

static void meet_each(struct type_info *info, void *unused)
{
	(void)unused;
	if (info->traits & TYPE_IS_METACLASS)
		constructor_calls_meet_metaclass(info->type);
}

void constructor_calls_watch(void)
{
	call_slot *slot = constructor_calls_slot_of(python.api.PyType_Type);

	if (*slot == timed_call)
		return;
	original_call = *slot;
	*slot = timed_call;
	types_each(meet_each, NULL);
}
