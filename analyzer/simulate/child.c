/*
 * See child.h.
 */
#include "simulate/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_MS 120000

extern char **environ;

static bool beside(char *path, size_t room, const char *directory, const char *relative)
{
	snprintf(path, room, "%s/%spooltrace-replay", directory, relative);
	return access(path, X_OK) == 0;
}

const char *child_path(void)
{
	static char path[4200];
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n <= 0)
		return NULL;
	exe[n] = 0;
	char *slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	if (beside(path, sizeof path, exe, "") ||
	    beside(path, sizeof path, exe, "../lib/pooltrace/"))
		return path;

	return NULL;
}

#define SETTING_ROOM 4200u

static bool set(char text[SETTING_ROOM], const char *name, const char *value)
{
	return snprintf(text, SETTING_ROOM, "%s=%s", name, value) < (int)SETTING_ROOM;
}

/* The environment without what changes the allocator or where the loader looks for it, plus the setting. */
static char **environment(const struct child_setting *setting, char text[3][SETTING_ROOM])
{
	static const char *const drop[] = {"LD_PRELOAD=", "GLIBC_TUNABLES=", "MALLOC_",
	                                   "POOLTRACE_",  "LD_AUDIT=",       "LD_LIBRARY_PATH="};
	size_t n = 0, kept = 0;

	while (environ[n])
		n++;
	char **env = calloc(n + 5, sizeof *env);
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		bool dropped = false;
		for (size_t k = 0; k < sizeof drop / sizeof *drop; k++)
			dropped |= !strncmp(environ[i], drop[k], strlen(drop[k]));
		if (!dropped)
			env[kept++] = environ[i];
	}

	if (setting->preload && set(text[0], "LD_PRELOAD", setting->preload))
		env[kept++] = text[0];
	if (setting->tunables && set(text[1], "GLIBC_TUNABLES", setting->tunables))
		env[kept++] = text[1];
	if (setting->plan && set(text[2], "POOLTRACE_PLAN", setting->plan)) {
		env[kept++] = text[2];
		env[kept++] = (char *)"POOLTRACE_ARM=serve";
	}

	return env;
}

/* Reads until the end or the timeout; -1 on the latter. */
static int read_all(int fd, char *text, size_t room)
{
	size_t used = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (poll(&p, 1, TIMEOUT_MS) == 1) {
		ssize_t n = read(fd, text + used, room - 1 - used);
		if (n <= 0) {
			text[used] = 0;
			return n < 0 ? -1 : 0;
		}
		used += (size_t)n;
		if (used == room - 1)
			break;
	}

	return -1;
}

static int spawn(char *const argv[], const struct child_setting *setting, int out, int in,
                 pid_t *pid)
{
	char text[3][SETTING_ROOM];
	posix_spawn_file_actions_t actions;
	char **env = environment(setting, text);
	if (!env)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, 0);
	int status = posix_spawn(pid, argv[0], &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	free(env);
	return status ? -1 : 0;
}

static int run(char *const argv[], const struct child_setting *setting, int in, char *text,
               size_t room)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	int spawned = spawn(argv, setting, ends[1], in, &pid);
	close(ends[1]);
	if (spawned) {
		close(ends[0]);
		return -1;
	}

	int got = read_all(ends[0], text, room);
	close(ends[0]);
	if (got)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || status)
		return -1;
	return got;
}

int child_run(char *const argv[], const struct child_setting *setting, char *text, size_t room)
{
	return run(argv, setting, -1, text, room);
}

bool child_has_allocator(const struct child_setting *setting)
{
	char text[4200], *argv[] = {(char *)child_path(), (char *)"--whose-malloc", NULL};
	if (!argv[0] || run(argv, setting, -1, text, sizeof text))
		return false;
	text[strcspn(text, "\n")] = 0;
	const char *wanted = strrchr(setting->preload, '/'), *found = strrchr(text, '/');
	return !strcmp(wanted ? wanted + 1 : setting->preload, found ? found + 1 : text);
}

static bool child_parse(const char *text, const char *name, uint64_t *value)
{
	size_t n = strlen(name);
	for (const char *p = text; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (!strncmp(p, name, n) && p[n] == ' ') {
			*value = strtoull(p + n + 1, NULL, 10);
			return true;
		}
	return false;
}

int child_replay(int fd, int role, bool fenced, bool counting, const struct child_setting *setting,
                 struct ops_result *out)
{
	char text[1024], what_if[32];
	char *argv[8];
	unsigned n = 0;

	argv[n++] = (char *)child_path();
	if (!argv[0])
		return -1;
	bool apart = role < ROLE_APART(0);
	snprintf(what_if, sizeof what_if, apart ? "--apart=%d" : "--what-if=%d",
	         apart ? ROLE_APART(role) : role);
	if (role >= 0 || apart)
		argv[n++] = what_if;
	if (role == ROLE_EMPTY)
		argv[n++] = (char *)"--empty";
	if (fenced)
		argv[n++] = (char *)"--fenced";
	if (counting)
		argv[n++] = (char *)"--count";
	argv[n++] = (char *)"/proc/self/fd/0"; /* the ops file is its stdin */
	argv[n] = NULL;
	if (run(argv, setting, fd, text, sizeof text))
		return -1;
	bool whole = true;
#define X(name) whole = whole && child_parse(text, #name, &out->name);
	OPS_RESULTS(X)
#undef X
	return whole ? 0 : -1;
}
