/* See epoch.h. */
#include "epoch.h"

static struct process process_before_start; /* epoch 0: nothing is recorded yet */
PT_EACH_EVENT struct process *process = &process_before_start;

void epoch_next(void)
{
	uint32_t now = process->epoch;
	while (now &&
	       !__atomic_compare_exchange_n(&process->epoch, &now, now < EPOCH_MAX ? now + 1 : 1,
	                                    false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}
