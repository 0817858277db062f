/*
 * See stackbounds.h.
 */
#include "stackbounds.h"
#include "raw.h"

#define STACK_BYTES_MOST (1ull << 30) /* how far below its end a stack pointer is believed */
#define PAGE 4096ull
#define PROBE_PAGES 256ull
#define PROBE_STEPS 16

extern void *__libc_stack_end;

/* True when n pages from `page` on are mapped. */
static bool stackbounds_mapped(uint64_t page, uint64_t n)
{
	unsigned char resident[PROBE_PAGES];
	return !raw_failed(raw_call(SYS_mincore, (long)page, (long)(n * PAGE), (long)resident, 0, 0, 0));
}

/* End of the mapped memory around sp, at most PROBE_STEPS * PROBE_PAGES pages on. */
static uint64_t stackbounds_probe(uint64_t sp)
{
	uint64_t page = sp & ~(PAGE - 1);
	for (int i = 0; i < PROBE_STEPS && stackbounds_mapped(page, PROBE_PAGES); i++)
		page += PROBE_PAGES * PAGE;
	for (uint64_t n = PROBE_PAGES / 2; n; n /= 2)
		if (stackbounds_mapped(page, n))
			page += n * PAGE;
	return page;
}

uint64_t stackbounds_find(struct self *self, uint64_t sp)
{
	uint64_t main_end = ((uint64_t)__libc_stack_end + PAGE) & ~(PAGE - 1);
	uint64_t thread_end = (uint64_t)__builtin_thread_pointer();
	uint64_t end;
	if (sp < main_end && main_end - sp < STACK_BYTES_MOST)
		end = main_end;
	else if (sp < thread_end && thread_end - sp < STACK_BYTES_MOST && raw_tid() != raw_pid())
		end = thread_end;
	else
		end = stackbounds_probe(sp);
	if (end <= sp)
		return 0;
	self->stack_low = sp & ~(PAGE - 1);
	self->stack_high = end;
	return end;
}
