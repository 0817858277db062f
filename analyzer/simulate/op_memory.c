/* See op_memory.h. */
#include "simulate/op_memory.h"

#include <unistd.h>

#include "util/error.h"
#include "util/text.h"

#define ALLOCATOR_ADDRESS_BYTES (6ull << 30) /* arenas that allocators and threads reserve */
#define ADDRESSES_PER_BLOCK_BYTE 4u          /* pools and reserves ask for more than was recorded */
#define BYTES_PER_OP 128u                    /* of the replayer's own tables */
#define MMAP_THRESHOLD_MAX (32ull << 20)     /* glibc raises the threshold up to this */
#define BASE_CPU_SECONDS 10u
#define OPS_PER_CPU_SECOND 50000u

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct op_bytes op_bytes(enum op_code code, uint64_t size_bytes, bool has_role)
{
	uint64_t size = smaller(size_bytes, UINT32_MAX);
	bool copied = code == OP_REALLOC || code == OP_GROW;
	bool cleared = code == OP_CALLOC && has_role;
	bool is_mapping = size >= OPS_MAPPED_BYTES && !copied && !cleared;
	struct op_bytes b = {.addresses = size};

	b.written[TOUCH_ALL] = is_mapping && code == OP_CALLOC ? OPS_ENDS_BYTES : size;
	b.written[TOUCH_SMALL] = is_mapping ? OPS_ENDS_BYTES : size;
	/* realloc moves a block by copying it while it is not a mapping of its own */
	b.written[TOUCH_ENDS] = smaller(size,
	                                code == OP_REALLOC ? MMAP_THRESHOLD_MAX : OPS_ENDS_BYTES);
	return b;
}

static void op_memory_take_larger(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

void op_memory_add(struct op_memory *x, const struct op_bytes *b)
{
	for (unsigned i = 0; i < TOUCHES; i++) {
		x->live.written[i] += b->written[i];
		op_memory_take_larger(&x->peak.written[i], x->live.written[i]);
	}
	x->live.addresses += b->addresses;
	op_memory_take_larger(&x->peak.addresses, x->live.addresses);
}

void op_memory_remove(struct op_memory *x, const struct op_bytes *b)
{
	for (unsigned i = 0; i < TOUCHES; i++)
		x->live.written[i] -= b->written[i];
	x->live.addresses -= b->addresses;
}

static uint64_t memory_limit(const struct trace *t)
{
	uint64_t half = (uint64_t)sysconf(_SC_PHYS_PAGES) / 2 * (uint64_t)sysconf(_SC_PAGESIZE);
	return smaller(REPLAY_BASE_BYTES + REPLAY_BYTES_PER_TRACE_BYTE * t->file_bytes, half);
}

/* How far blocks are written to: as far as the program can have done so, and within the limit. */
static void set_touch(const struct op_memory *x, const struct trace *t, uint64_t limit,
                      struct ops_header *h)
{
	uint64_t rss = t->process.has_run ? t->process.run.peak_rss_bytes : UINT64_MAX;
	uint64_t most = smaller(limit, t->process.has_run ? rss : REPLAY_UNKNOWN_RSS_BYTES);
	bool small_fit = x->peak.written[TOUCH_SMALL] <= smaller(limit, rss);
	uint64_t whole = x->peak.written[small_fit ? TOUCH_SMALL : TOUCH_ENDS],
		 all = x->peak.written[TOUCH_ALL];

	h->touch_below = small_fit ? OPS_MAPPED_BYTES : OPS_ENDS_BYTES;
	if (all <= most)
		h->touch_share = 1;
	else if (!t->process.has_run)
		h->touch_share =
			0; /* nobody knows what the program touched: no more than it must have */
	else
		h->touch_share = most > whole ? (double)(most - whole) / (double)(all - whole) : 0;
}

int op_memory_limits(const struct op_memory *x, const struct trace *t, struct ops_header *h)
{
	uint64_t limit = memory_limit(t);

	if (x->peak.written[TOUCH_ENDS] > limit)
		return error(
			"cannot replay '%s': its blocks need %s of memory, and the limit is %s",
			t->path, short_bytes((double)x->peak.written[TOUCH_ENDS]),
			short_bytes((double)limit));

	set_touch(x, t, limit, h);
	h->address_bytes = ALLOCATOR_ADDRESS_BYTES + BYTES_PER_OP * h->n_ops +
	                   ADDRESSES_PER_BLOCK_BYTE * x->peak.addresses;
	h->cpu_seconds = BASE_CPU_SECONDS + h->n_ops / OPS_PER_CPU_SECOND;
	return 0;
}
