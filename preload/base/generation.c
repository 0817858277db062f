/* See generation.h. */
#include "generation.h"

static struct process process_before_start; /* epoch 0: nothing is recorded yet */
PT_EACH_EVENT struct process *process = &process_before_start;

void generation_next(void)
{
	uint32_t now = process->generation;
	while (now && !__atomic_compare_exchange_n(&process->generation, &now,
	                                           now < GENERATION_MAX ? now + 1 : 1, false,
	                                           __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}
