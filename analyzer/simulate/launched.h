/*
 * What `pooltrace-replay --launch FD [NAME=VALUE...] -- PATH ARGS...` writes into the descriptor: the program's process at once, the
 * rest when it has ended.
 *
 * A process's highest resident size includes what its memory was before exec(), a copy of its parent's.  So a
 * program whose size is measured is started by a small process.
 */
#ifndef PT_SIMULATE_LAUNCHED_H
#define PT_SIMULATE_LAUNCHED_H

#include <stdint.h>
#include <sys/resource.h>

struct launched {
	int32_t pid;        /* 0: not started yet */
	int32_t exec_errno; /* the program could not be started; 0 it was */
	int32_t wait_status;
	int32_t has_ended;
	uint64_t wall_ns;
	struct rusage used; /* of the program and of its children that it waited for */
};

#endif
