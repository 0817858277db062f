/* See spans.h. */
#include "enact/spans.h"

#include "base/arena.h"
#include "base/lock.h"
#include "base/raw.h"
#include "enact/counts.h"

/* Below this library and the others, below which the kernel puts what the program maps; farther away than the
 * memory that own_memory.c takes. */
#define SPANS_DISTANCE (256ull << 30)
#define SPANS_SKIP 4096u /* granules to step over where the range is taken */
#define SPANS_TRIES 8u

uint64_t spans_start = 1ull << 63;
struct span *spans_table[SPAN_GRANULES];

static struct lock spans_lock;
static uint32_t n_granules; /* given out so far; protected by spans_lock */
static struct span *unused; /* span structs to use again; protected by spans_lock */

void spans_init(void)
{
	uint64_t here = (uint64_t)&spans_lock & ~(SPAN_GRANULE - 1);
	if (here > 2 * SPANS_DISTANCE)
		spans_start = here - SPANS_DISTANCE;
}

/* The next n granules, mapped; NULL: no memory.  Whoever has mapped something there is stepped over. */
static char *spans_map_locked(uint64_t n)
{
	enum { NO_REPLACE = 0x100000 };

	for (unsigned i = 0; i < SPANS_TRIES; i++) {
		if (spans_start >> 63 || n > SPAN_GRANULES - n_granules)
			return NULL;
		char *at = (char *)(spans_start + n_granules * SPAN_GRANULE);
		char *got = raw_map(at, n * SPAN_GRANULE, PROT_READ | PROT_WRITE,
		                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | NO_REPLACE, -1,
		                    0);
		if (got == at) {
			n_granules += (uint32_t)n;
			return got;
		}
		if (got) /* a kernel that does not know the flag */
			raw_call(SYS_munmap, (long)got, (long)(n * SPAN_GRANULE), 0, 0, 0, 0);
		n_granules += pt_min(SPANS_SKIP, SPAN_GRANULES - n_granules);
	}
	return NULL;
}

static struct span *spans_new_locked(struct pool *pool, uint64_t n)
{
	struct span *s = unused ? unused : arena_take(sizeof *s);
	char *start = s ? spans_map_locked(n) : NULL;

	if (s)
		unused = s->next;
	if (s && !start) {
		s->next = unused;
		unused = s;
	}
	if (!start)
		return NULL;

	*s = (struct span){.pool = pool, .start = start, .bytes = n * SPAN_GRANULE};
	uint64_t first = ((uint64_t)start - spans_start) / SPAN_GRANULE;
	for (uint64_t i = first; i < first + n; i++)
		__atomic_store_n(&spans_table[i], s, __ATOMIC_RELEASE);
	return s;
}

struct span *spans_new(struct pool *pool, uint64_t n_bytes)
{
	struct span *s = NULL;
	uint64_t mask, n = (n_bytes + SPAN_GRANULE - 1) / SPAN_GRANULE;

	raw_signals_block(&mask);
	if (lock_take(&spans_lock)) {
		s = spans_new_locked(pool, n);
		lock_release(&spans_lock);
	}
	raw_signals_restore(&mask);
	if (s)
		counts_mapped(s->bytes);
	return s;
}

void spans_drop(struct span *s)
{
	uint64_t mask, first = ((uint64_t)s->start - spans_start) / SPAN_GRANULE;

	for (uint64_t i = first; i < first + s->bytes / SPAN_GRANULE; i++)
		__atomic_store_n(&spans_table[i], NULL, __ATOMIC_RELEASE);
	raw_call(SYS_munmap, (long)s->start, (long)s->bytes, 0, 0, 0, 0);

	raw_signals_block(&mask);
	if (lock_take(&spans_lock)) {
		s->next = unused;
		unused = s;
		lock_release(&spans_lock);
	}
	raw_signals_restore(&mask);
}

void spans_forget_lock(void)
{
	if (lock_forget(&spans_lock))
		unused = NULL; /* another thread was changing it */
}
