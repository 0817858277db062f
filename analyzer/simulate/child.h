/*
 * Runs the replayer: one process a run, under the allocator of the traced program or another one.
 */
#ifndef PT_SIMULATE_CHILD_H
#define PT_SIMULATE_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "simulate/ops.h"

struct child_setting {
	const char *preload;  /* library to preload, NULL none */
	const char *tunables; /* GLIBC_TUNABLES, NULL none */
	const char *plan;     /* for libpooltrace-enact.so as preload: its plan file, NULL none */
};

/* Path of pooltrace-replay, beside the running program or where it is installed; NULL: not there. */
const char *child_path(void);

/* Runs it with these arguments; its output, up to room - 1 bytes, goes to text.  0, or -1 (quietly). */
int child_run(char *const argv[], const struct child_setting *setting, char *text, size_t room);

/* Whether malloc() is the preloaded library's under this setting: the loader is silent about one that it
 * cannot find or load, and a library need not have an allocator. */
bool child_has_allocator(const struct child_setting *setting);

#define ROLE_EMPTY (-2) /* no allocator is called: what the replayer itself takes */

/* As recorded, but the role's ops are separated from others as with its policy: what separating them costs the
 * processor, which in the program are calls at different places, is then in both variants. */
#define ROLE_APART(role) (-16 - (role))

/* One replay of the ops file at fd.  role: -1 as recorded, 0 all findings, else that one; ROLE_EMPTY;
 * ROLE_APART(role) of a role from 1. */
int child_replay(int fd, int role, bool fenced, bool counting, const struct child_setting *setting,
                 struct ops_result *out);

#endif
