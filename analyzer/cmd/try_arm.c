/* See try_arm.h. */
#include "cmd/try_arm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/find_preload.h"
#include "simulate/child.h"
#include "simulate/launched.h"
#include "util/error.h"
#include "util/mem.h"

/* ---- what was counted ---- */

static void add_tally(struct try_counts *c, const struct enact_tally *t)
{
	c->calls += (double)t->calls;
	c->freed += (double)t->freed;
	c->grown += (double)t->grown;
	c->moved += (double)t->moved;
	for (uint32_t i = 0; i < PLAN_FINDINGS_MAX; i++) {
		c->served[i] += (double)t->served[i];
		c->passed[i] += (double)t->passed[i];
	}
	for (uint32_t i = 0; i < ENACT_N_FALLBACKS; i++)
		c->fallback[i] += (double)t->fallback[i];
}

static void add_results(struct try_counts *c, const struct enact_results *r)
{
	c->n_processes++;
	c->n_invalid += r->state != ENACT_READY;
	if (r->state == ENACT_PLAN_INVALID)
		c->bad_line = r->bad_line;
	c->pool_bytes += (double)r->pool_bytes;
	for (uint32_t i = 1; i < PLAN_MODULES_MAX; i++) {
		c->module_seen[i] |= r->module[i] == ENACT_MODULE_SEEN;
		c->module_changed[i] |= r->module[i] == ENACT_MODULE_CHANGED;
	}
	for (uint32_t i = 0; i < ENACT_TALLIES; i++)
		add_tally(c, &r->tally[i]);
}

/* A process's file; the program may have written into it. */
static void add_file(struct try_counts *c, int directory, const char *name)
{
	struct enact_results *r = mem_alloc(sizeof *r);
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && read(fd, r, sizeof *r) == (ssize_t)sizeof *r && r->magic == ENACT_MAGIC)
		add_results(c, r);
	if (fd >= 0)
		close(fd);
	free(r);
}

/* What python/slots.py has written; as much as there is room for. */
static void add_text(struct try_counts *c, int directory, const char *name)
{
	size_t used = strlen(c->told);
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, c->told + used, sizeof c->told - 1 - used) : 0;

	c->told[used + (n > 0 ? (size_t)n : 0)] = 0;
	if (fd >= 0)
		close(fd);
}

/* Reads and removes the files of a run. */
static void collect_counts(const char *path, struct try_counts *c)
{
	DIR *d = opendir(path);
	struct dirent *e;

	*c = (struct try_counts){0};
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		const char *dot = strrchr(e->d_name, '.');
		(dot && !strcmp(dot, ".text") ? add_text : add_file)(c, dirfd(d), e->d_name);
		unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

/* ---- driving a server ---- */

#define READY_SECONDS 10u
#define POLL_MS 20u
#define QUIET_POLLS 5u

/* CPU time so far in clock ticks; 0: the process is gone. */
static unsigned long ticks_of(pid_t pid)
{
	char path[64], text[1024];
	unsigned long user = 0, system = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
	const char *end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	                   &system) != 2)
		return 0;
	return user + system + 1;
}

/* A server is ready when it waits: it uses no CPU time for a while. */
static void await_quiet(pid_t pid)
{
	unsigned long last = 0;
	unsigned quiet = 0;

	for (unsigned i = 0; i < READY_SECONDS * 1000 / POLL_MS && quiet < QUIET_POLLS; i++) {
		nanosleep(&(struct timespec){0, POLL_MS * 1000000l}, NULL);
		unsigned long now = ticks_of(pid);
		quiet = now == last ? quiet + 1 : 0;
		last = now;
		if (!now)
			return;
	}
}

struct driven {
	const char *command;
	int told; /* struct launched */
};

/* Works with the program, then asks it to end. */
static void drive(const struct launch *l, void *context)
{
	const struct driven *d = context;
	int32_t pid = 0;
	(void)l;

	for (unsigned i = 0; pid <= 0 && i < READY_SECONDS * 1000 / POLL_MS; i++)
		if (pread(d->told, &pid, sizeof pid, 0) != (ssize_t)sizeof pid || pid <= 0)
			nanosleep(&(struct timespec){0, POLL_MS * 1000000l}, NULL);
	if (pid <= 0)
		return;
	await_quiet(pid);
	int status = system(d->command);
	if (status)
		warning("'%s' ended with %d", d->command, launch_exit_code((uint32_t)status));
	kill(pid, SIGTERM);
}

/* ---- a run ---- */

static int temporary_output(const char *directory)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("pooltrace-output", MFD_CLOEXEC);
}

#define SETTINGS 8u

static char *arm_name(int arm)
{
	return arm == ARM_FORWARD ? mem_strdup("POOLTRACE_ARM=forward")
	       : arm == ARM_ALL   ? mem_strdup("POOLTRACE_ARM=serve")
	                          : mem_printf("POOLTRACE_ARM=serve:%d", arm);
}

/* The environment of an arm, ended by NULL; entries are to be freed. */
static void arm_settings(const struct try_program *p, int arm, const char *set[SETTINGS])
{
	const char *old = getenv("GLIBC_TUNABLES"), *new = arm >= 0 ? p->tunables[arm] : NULL;
	unsigned n = 0;

	if (arm != ARM_PLAIN) {
		set[n++] = find_preload_setting(p->library);
		set[n++] = mem_printf("POOLTRACE_PLAN=%s", p->plan_path);
		set[n++] = arm_name(arm);
		set[n++] = mem_printf("POOLTRACE_ENACT_OUT=%s", p->directory);
	}
	if (new)
		set[n++] = mem_printf("GLIBC_TUNABLES=%s%s%s", old ? old : "",
		                      old && *old ? ":" : "", new);
	set[n] = NULL;
}

static void settings_free(const char *set[SETTINGS])
{
	for (unsigned i = 0; set[i]; i++)
		free((char *)set[i]);
}

static double ms_of(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void fill_run(struct try_run *out, const struct launched *l)
{
	out->cpu_ms = ms_of(l->used.ru_utime) + ms_of(l->used.ru_stime);
	out->wall_ms = (double)l->wall_ns / 1e6;
	out->rss_bytes = (double)l->used.ru_maxrss * 1024;
	out->faults = (double)(l->used.ru_minflt + l->used.ru_majflt);
	out->wait_status = (uint32_t)l->wait_status;
}

/* pooltrace-replay --launch TOLD SETTINGS... -- PATH ARGS...; to be freed. */
static char **launcher_argv(const struct try_program *p, const char *told, const char **set)
{
	unsigned n = 0, n_set = 0, k = 0;

	while (p->argv[n])
		n++;
	while (set[n_set])
		n_set++;
	char **argv = mem_zalloc(n + n_set + 6, sizeof *argv);
	argv[k++] = (char *)child_path();
	argv[k++] = (char *)"--launch";
	argv[k++] = (char *)told;
	for (unsigned i = 0; i < n_set; i++)
		argv[k++] = (char *)set[i];
	argv[k++] = (char *)"--";
	argv[k++] = (char *)p->path;
	for (unsigned i = 0; i < n; i++)
		argv[k++] = p->argv[i];
	return argv;
}

/* Runs the launcher; 0, or -1 after error(). */
static int launch_arm(const struct try_program *p, const char **set, const struct try_run *r,
                      struct launched *out)
{
	int told = memfd_create("pooltrace-launched", 0);
	char number[16];
	const int descriptors[3] = {p->in, r->out, r->err};
	struct driven driven = {p->drive, told};

	snprintf(number, sizeof number, "%d", told);
	char **argv = launcher_argv(p, number, set);
	struct launch l = {.path = argv[0],
	                   .argv = argv,
	                   .descriptors = descriptors,
	                   .while_it_runs = p->drive ? drive : NULL,
	                   .context = &driven};
	int result = told < 0 ? error_errno("cannot make a temporary file") : launch_run(&l);
	if (!result && (l.exec_errno || pread(told, out, sizeof *out, 0) != (ssize_t)sizeof *out))
		result = error("cannot run '%s'", argv[0]);
	if (told >= 0)
		close(told);
	free(argv);
	return result;
}

int try_arm_explain(const struct try_program *p, int arm, struct try_run *out)
{
	setenv("POOLTRACE_EXPLAIN", "1", 1);
	int code = try_arm_run(p, arm, out);
	unsetenv("POOLTRACE_EXPLAIN");
	return code;
}

int try_arm_run(const struct try_program *p, int arm, struct try_run *out)
{
	const char *set[SETTINGS];
	struct launched l = {0};
	*out = (struct try_run){.out = temporary_output(p->directory),
	                        .err = temporary_output(p->directory)};

	if (out->out < 0 || out->err < 0) {
		error_errno("cannot make a temporary file in '%s'", p->directory);
		return EXIT_FAILED;
	}
	lseek(p->in, 0, SEEK_SET);
	arm_settings(p, arm, set);
	int result = launch_arm(p, set, out, &l);
	settings_free(set);
	if (result < 0)
		return EXIT_FAILED;
	if (l.exec_errno) {
		errno = l.exec_errno;
		error_errno("cannot run '%s'", p->path);
		return l.exec_errno == ENOENT ? 127 : 126;
	}
	fill_run(out, &l);
	if (arm != ARM_PLAIN)
		collect_counts(p->directory, &out->counts);
	return EXIT_FINE;
}

void try_run_release(struct try_run *r)
{
	if (r->out > 0)
		close(r->out);
	if (r->err > 0)
		close(r->err);
	r->out = r->err = -1;
}

/* ---- comparing ---- */

static bool same_bytes(int a, int b)
{
	char x[65536], y[65536];
	struct stat s, t;

	if (fstat(a, &s) || fstat(b, &t) || s.st_size != t.st_size)
		return false;
	for (off_t at = 0; at < s.st_size;) {
		ssize_t n = pread(a, x, sizeof x, at);
		if (n <= 0 || pread(b, y, sizeof y, at) != n || memcmp(x, y, (size_t)n) != 0)
			return false;
		at += n;
	}
	return true;
}

const char *try_difference(const struct try_run *a, const struct try_run *b, bool ignore_output)
{
	if (a->wait_status != b->wait_status)
		return "ends with another exit code or signal";
	if (ignore_output)
		return NULL;
	if (!same_bytes(a->out, b->out))
		return "writes something else to standard output";
	return same_bytes(a->err, b->err) ? NULL : "writes something else to standard error";
}
