/*
 * What a program says about itself: marks and regions (packaging/include/pooltrace.h).
 *
 * Any thread may call these at any time.  They keep errno, never fail visibly, and write one record of at
 * most 96 bytes each.  A name longer than ANNOTATE_NAME_BYTES is cut at a character's start.
 */
#include "hook_inline.h"

#define ANNOTATE_NAME_BYTES 64u

static uint64_t n_regions; /* atomic: regions begun so far, of all threads */

/* Bytes of the name that are recorded. */
static uint32_t name_length(const char *name)
{
	uint32_t n = 0;
	while (n < ANNOTATE_NAME_BYTES && name[n])
		n++;

	/* Not in the middle of a UTF-8 character. */
	if (n == ANNOTATE_NAME_BYTES)
		while (n && (name[n] & 0xc0) == 0x80)
			n--;
	return n;
}

static void put_mark(struct self *self, enum ptf_mark kind, uint64_t region, const char *name)
{
	uint8_t payload[96];
	uint32_t n = name ? name_length(name) : 0;
	uint64_t now = timestamp_take(self);

	uint8_t *p = payload;
	*p++ = (uint8_t)kind;
	p = ptc_put_varint(p, region);
	p = ptc_put_varint(p, now);
	__builtin_memcpy(p, name, n);
	event_writer_put_record(self, PTF_E_MARK, payload, (uint32_t)(p + n - payload));
}

/* False: nothing is recorded now. */
static bool annotate(enum ptf_mark kind, uint64_t region, const char *name)
{
	struct self *self = guard_enter(__builtin_frame_address(0));
	if (!self)
		return false;

	python_settle(self);
	put_mark(self, kind, region, name);
	guard_leave(self);
	return true;
}

PT_EXPORT int pooltrace_is_recording(void)
{
	return process->generation != 0;
}

PT_EXPORT void pooltrace_mark(const char *name)
{
	int saved_errno = errno;
	annotate(PTF_MARK_POINT, 0, name);
	errno = saved_errno;
}

PT_EXPORT uint64_t pooltrace_region_begin(const char *name)
{
	int saved_errno = errno;
	uint64_t region = __atomic_add_fetch(&n_regions, 1, __ATOMIC_RELAXED);
	bool recorded = annotate(PTF_MARK_BEGIN, region, name);
	errno = saved_errno;
	return recorded ? region : 0;
}

PT_EXPORT void pooltrace_region_end(uint64_t region)
{
	int saved_errno = errno;
	if (region)
		annotate(PTF_MARK_END, region, NULL);
	errno = saved_errno;
}
