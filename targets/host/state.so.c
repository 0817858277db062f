/*
 * A preloaded library that writes down what a process sees of itself, when it starts and when it ends: a line
 * each in the file that STATE names, and the kilobytes of address space in STATE.size.
 *
 * Nothing here allocates.  What a recorder needs (its library, its trace, its variables) is left out; all
 * else is to be the same with and without one.
 *
 * cflags: -D_GNU_SOURCE -fno-builtin -Wno-unused-result
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

extern char **environ;
extern char *__progname;

static char line[1 << 17], file_text[1 << 20];
static size_t used;

static void add(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(line + used, sizeof line - used, format, ap);
	va_end(ap);
	if (n > 0)
		used += (size_t)n < sizeof line - used ? (size_t)n : sizeof line - used - 1;
}

static int is_recorders(const char *s)
{
	return strstr(s, "libpooltrace") || strstr(s, ".trace") || !strncmp(s, "POOLTRACE_", 10) ||
	       !strncmp(s, "LD_PRELOAD=", 11) || !strncmp(s, "LEDGER=", 7) || !strncmp(s, "STATE", 5);
}

static const char *text_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;
	while (fd >= 0 && (got = read(fd, file_text + n, sizeof file_text - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	file_text[n] = '\0';
	return file_text;
}

/* The number behind a name in /proc/self/status. */
static long status(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static void add_names(void)
{
	char name[17] = "", cwd[4096] = "";
	add("name %s %s %s; ", program_invocation_name, program_invocation_short_name, __progname);
	prctl(PR_GET_NAME, name);
	add("thread %s; cwd %s; argv", name, getcwd(cwd, sizeof cwd) ? cwd : "none");
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, file_text, 4000);
	close(fd);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(file_text + i) + 1)
		add(" [%s]", file_text + i);
	add("; environ");
	for (char **e = environ; e && *e; e++)
		if (!is_recorders(*e))
			add(" [%s]", *e);
}

/* Numbers and kinds; what a name is like depends on process ids. */
static void add_descriptors(void)
{
	char path[40], target[4096];
	struct stat st;
	add("; descriptors");
	for (int fd = 0; fd < 2048; fd++) {
		if (fstat(fd, &st) != 0)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		if (!is_recorders(target))
			add(" %d:%o:%x:%x", fd, st.st_mode & S_IFMT, fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	}
	int lowest = dup(2);
	add(" next %d", lowest);
	if (lowest >= 0)
		close(lowest);
}

static void add_signals(void)
{
	sigset_t mask;
	stack_t alternate;
	add("; signals");
	for (int i = 1; i <= 64; i++) {
		struct sigaction sa;
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
			add(" %d:%s:%x", i, sa.sa_handler == SIG_IGN ? "ignored" : "caught", sa.sa_flags);
	}
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	add(" blocked");
	for (int i = 1; i <= 64; i++)
		if (sigismember(&mask, i) > 0)
			add(" %d", i);
	sigaltstack(NULL, &alternate);
	add(" stack %x", alternate.ss_flags);
}

static void add_limits(void)
{
	struct itimerval timer;
	add("; limits");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit r = {0};
		getrlimit((__rlimit_resource_t)i, &r);
		add(" %lx:%lx", (long)r.rlim_cur, (long)r.rlim_max);
	}
	getitimer(ITIMER_REAL, &timer);
	mode_t mask = umask(0);
	umask(mask);
	add("; umask %o, nice %d, policy %d, timer %d, dumpable %d, privileges %d, seccomp %d", mask,
	    getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), timer.it_value.tv_sec != 0,
	    prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    prctl(PR_GET_SECCOMP));
	unsigned csr = 0;
	unsigned short control = 0;
	__asm__ __volatile__("stmxcsr %0; fnstcw %1" : "=m"(csr), "=m"(control));
	add(", float %x %x", csr & 0xffc0, control);
}

/* The loader's list: the order in which symbols are looked for.  (That of their addresses is another one in each
 * run of a larger program.)  The loader itself, whose symbols nobody else
 * has, comes wherever the first that needs it does. */
static int add_module(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	if (!is_recorders(info->dlpi_name) && !strstr(info->dlpi_name, "/ld-linux"))
		add(" %s", info->dlpi_name);
	return 0;
}

static void put(const char *suffix)
{
	char path[4096];
	const char *name = getenv("STATE");
	snprintf(path, sizeof path, "%s%s", name ? name : "", suffix);
	int fd = name ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
	for (size_t i = 0; i < used; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	add("\n");
	if (fd >= 0)
		write(fd, line, used);
	close(fd);
	used = 0;
}

static void write_down(const char *when)
{
	int saved_errno = errno;
	if (!getenv("STATE"))
		return;
	add("%s: ", when);
	add_names();
	add_descriptors();
	add_signals();
	add_limits();
	const char *text = text_of("/proc/self/status");
	add("; threads %ld, locked %ld kB", status(text, "Threads:"), status(text, "VmLck:"));
	long size = status(text, "VmSize:");
	add("; modules");
	dl_iterate_phdr(add_module, NULL);
	put("");
	add("%ld", size);
	put(".size");
	errno = saved_errno;
}

__attribute__((constructor)) static void at_start(void)
{
	write_down("start");
}

__attribute__((destructor)) static void at_end(void)
{
	write_down("end");
}
