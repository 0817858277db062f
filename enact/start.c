/*
 * See start.h.
 *
 * Environment: POOLTRACE_PLAN names the plan file; POOLTRACE_ARM is `forward`, `serve`, or `serve:N` for the plan's
 * finding N alone; POOLTRACE_ENACT_OUT is the directory for what is counted.  Without a plan every call is
 * forwarded.
 */
#include "enact/start.h"

#include "base/format_text.h"
#include "base/raw.h"
#include "base/real.h"
#include "enact/counts.h"
#include "enact/plan.h"
#include "enact/pools.h"
#include "enact/python.h"

static bool started;

/* The file, mapped; NULL: it cannot be read, or is larger than a plan may be. */
static const char *map_file(const char *path, size_t *n)
{
	struct stat st;
	long fd = path ? raw_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0) : -1;
	void *text = NULL;

	if (raw_failed(fd))
		return NULL;
	if (!raw_failed(raw_fstat((int)fd, &st)) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= PLAN_BYTES_MAX) {
		*n = (size_t)st.st_size;
		text = raw_map(NULL, *n, PROT_READ, MAP_PRIVATE, (int)fd, 0);
	}
	raw_close((int)fd);
	return text;
}

/* The findings to serve, a bit each. */
static uint32_t findings_of(const char *arm)
{
	if (!arm || strncmp(arm, "serve", 5) != 0)
		return 0;
	uint64_t n = arm[5] == ':' ? format_text_size(arm + 6) : 0;
	return arm[5] != ':' ? ~0u : n >= 1 && n <= PLAN_FINDINGS_MAX ? 1u << (n - 1) : 0;
}

static void read_plan(void)
{
	size_t n = 0;
	const char *path = format_text_env("POOLTRACE_PLAN"),
		   *arm = format_text_env("POOLTRACE_ARM"), *text = map_file(path, &n);

	counts->state = text ? ENACT_READY : path ? ENACT_PLAN_UNREADABLE : ENACT_NO_PLAN;
	counts->bad_line = plan_read(text ? text : PLAN_FIRST_LINE "\nend\n",
	                             text ? n : sizeof PLAN_FIRST_LINE "\nend\n" - 1);
	if (counts->bad_line)
		counts->state = ENACT_PLAN_INVALID;
	pools_serving = counts->state == ENACT_READY ? findings_of(arm) : 0;
	counts->serves = pools_serving;
}

PT_COLD void enact_start(void)
{
	int saved_errno = errno;

	if (started)
		return;
	started = true;
	real_find();
	if (!libc.getauxval_ || !libc.getauxval_(AT_SECURE)) {
		counts_open(format_text_env("POOLTRACE_ENACT_OUT"));
		spans_init();
		read_plan();
	}
	threads_begin();
	errno = saved_errno;
}

static void after_fork_in_child(void)
{
	spans_forget_lock();
	threads_forked();
	counts_reopen();
}

extern void *__dso_handle; /* our own, hidden */

static __attribute__((constructor)) void enact_constructor(int argc, char **argv, char **envp)
{
	int saved_errno = errno;
	(void)argc;
	(void)argv;
	if (!environ)
		environ = envp;
	enact_start();
	threads_start();
	python_start();
	libc.__register_atfork_(NULL, NULL, after_fork_in_child, __dso_handle);
	errno = saved_errno;
}
