/* See debug.h. */
#include "base/debug.h"

#ifdef PT_DEBUG

#include "base/format_text.h"
#include "base/raw.h"

static long log_fd = -2; /* -1 = none, -2 = the environment was not read yet */

/* Once, at the start: later the host may be changing its environment while it allocates. */
static long debug_fd(void)
{
	const char *text = log_fd == -2 ? format_text_env("POOLTRACE_DEBUG_FD") : NULL;
	if (log_fd != -2)
		return log_fd;
	log_fd = text && *text >= '0' && *text <= '9' ? 0 : -1;
	for (; log_fd >= 0 && *text >= '0' && *text <= '9' && log_fd < 1000000; text++)
		log_fd = log_fd * 10 + (*text - '0');
	return log_fd;
}

void debug_log(const char *sentence, uint64_t number)
{
	char line[200];
	struct format_text t = format_text_in(line, sizeof line - 1);
	long fd = debug_fd();
	if (fd < 0)
		return;

	format_text_add(&t, "pooltrace ");
	format_text_add_number(&t, (uint64_t)raw_pid());
	format_text_add(&t, ": ");
	format_text_add(&t, sentence);
	format_text_add(&t, " ");
	format_text_add_number(&t, number);

	line[t.used] = '\n';
	raw_call(SYS_write, fd, (long)line, (long)t.used + 1, 0, 0, 0);
}

void debug_failed(const char *what, const char *file, unsigned line)
{
	debug_log(file, line);
	debug_log(what, 0);
	debug_log("assertion failed, line", line);
	__builtin_trap();
}

#endif
