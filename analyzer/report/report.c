/* What report formats share; see report.h. */
#include "report/report.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "model/heap_graph.h"
#include "util/mem.h"

static uint64_t weight(const struct site *s, enum report_order order)
{
	switch (order) {
	case ORDER_LIVE:
		return s->live_bytes;
	case ORDER_CHURN:
		return s->allocs;
	default:
		return s->at_peak_bytes;
	}
}

static int compare(const void *a, const void *b, void *order_p)
{
	const struct site *x = *(const struct site *const *)a, *y = *(const struct site *const *)b;
	enum report_order order = *(const enum report_order *)order_p;
	uint64_t v = weight(x, order), w = weight(y, order);
	if (v != w)
		return v < w ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

const struct site **report_sorted_sites(const struct model *m, enum report_order order)
{
	const struct site **list = mem_alloc((m->n_sites + 1) * sizeof(*list));
	for (uint32_t i = 0; i < m->n_sites; i++)
		list[i] = &m->sites[i];
	qsort_r(list, m->n_sites, sizeof(*list), compare, &order);
	return list;
}

double report_per_second(const struct model *m, uint64_t amount)
{
	return m->duration_ns ? (double)amount * 1e9 / (double)m->duration_ns : 0;
}

const char *report_end(const struct trace_process *p)
{
	static char text[64];
	if (p->has_run && WIFSIGNALED(p->run.wait_status)) {
		snprintf(text, sizeof text, "killed by signal %d (SIG%s)",
		         WTERMSIG(p->run.wait_status), sigabbrev_np(WTERMSIG(p->run.wait_status)));
		return text;
	}

	switch (p->end) {
	case PTF_END_EXIT:
		snprintf(text, sizeof text, "exit code %u", p->exit_code);
		return text;
	case PTF_END_QUICK:
		snprintf(text, sizeof text, "_exit with code %u", p->exit_code);
		return text;
	case PTF_END_EXEC:
		return "became another program";
	case PTF_END_STOPPED:
		return "recording stopped before the process did";
	default:
		return "killed, or still running";
	}
}

const char *report_unwritten(const struct trace_process *p)
{
	static char text[200];
	if (!p->write_step)
		return NULL;
	snprintf(text, sizeof text,
	         "it could not be mapped safely, so the trace was written in steps of %u bytes: "
	         "what threads did last before they were stopped may be missing",
	         p->write_step);
	return text;
}

/* The recorder's errno: what a trace says is not handed to strerror(), whose words are the C library's. */
static const char *untraced_reason(uint32_t error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "no permission where the traces go";
	case ENOENT:
	case ENOTDIR:
		return "there is no such directory any more, or not below its root";
	case EROFS:
		return "where the traces go is read-only";
	case ENOSPC:
	case EDQUOT:
		return "no space left";
	case EMFILE:
	case ENFILE:
		return "no descriptor was left";
	default:
		return "the file could not be made";
	}
}

const char *report_untraced(const struct trace_process *p)
{
	static char text[260];
	if (!p->n_untraced)
		return NULL;
	snprintf(text, sizeof text,
	         "%u of the processes and programs that it started could leave no trace (%s): "
	         "they, and "
	         "what they started in turn, are not in this report",
	         p->n_untraced, untraced_reason(p->untraced_error));
	return text;
}

const char *report_no_census(const struct model *m)
{
	const struct trace *t = m->trace;

	if (!m->process->python || !m->n_classes)
		return NULL;
	if (!t->census)
		return "the interpreter was not looked at when it ended (it was killed, or "
		       "POOLTRACE_CENSUS=0): not looked for are __slots__, caches and bound "
		       "methods that keep instances, and growing containers";
	if (!t->n_heaps)
		return "no heap graph was written (sub-interpreters ran, which share objects): "
		       "not looked for are caches and callables that keep instances, and growing "
		       "containers";
	if (heap_graph_last_of(t, PTF_HEAP_AT_EXIT) == HEAP_NONE)
		return "the interpreter was not looked at when it ended (it was killed): "
		       "what is said of its objects is as they were near the highest resident "
		       "memory";
	return NULL;
}

const char *report_stop_reason(uint32_t stop_reason)
{
	switch (stop_reason) {
	case PTF_STOP_NONE:
		return "";
	case PTF_STOP_NO_SPACE:
		return "no space left for the trace";
	case PTF_STOP_MAX_SIZE:
		return "the trace reached POOLTRACE_MAX_SIZE";
	case PTF_STOP_NO_FILE:
		return "the trace file could not be reached any more";
	case PTF_STOP_NO_MEMORY:
		return "no memory for the recorder";
	case PTF_STOP_SECCOMP:
		return "the program forbade itself system calls, or gave up new privileges, as is "
		       "done before that";
	case PTF_STOP_RUNTIME:
		return "the program brings AddressSanitizer's shared runtime, which must be loaded "
		       "first: it was executed again without the recorder";
	case PTF_STOP_FORK:
		return "forked in the middle of the recorder's own work";
	default:
		return "for a reason unknown to this version";
	}
}

const char *report_module_trouble(const struct model *m, uint32_t module)
{
	switch (m->symbols ? symbols_module_state(m->symbols, module) : MODULE_UNUSED) {
	case MODULE_MISSING:
		return "file is gone";
	case MODULE_CHANGED:
		return "file has changed since (its build id differs)";
	case MODULE_UNREADABLE:
		return "file cannot be read";
	case MODULE_EXCESSIVE:
		return "its debug information expands beyond the limit";
	default:
		return NULL;
	}
}
