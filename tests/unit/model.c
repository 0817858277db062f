/* Pairing, merging and folding on traces written for the purpose. */
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "model/model.h"
#include "tests/helpers/trace_writer.h"

static struct tw w;

static void begin(void)
{
	tw_init(&w);
	for (uint32_t i = 0; i < 8; i++)
		tw_frame(&w, 0, 0x1000 + i * 16);
	for (uint32_t i = 1; i <= 8; i++)
		tw_stack(&w, PTF_STACK_COMPLETE, &i, 1);
}

static void alloc_at(uint32_t stream, uint8_t op, uint64_t address, uint64_t size, uint32_t stack,
                     uint64_t time)
{
	tw_event(&w, stream,
	         (struct ptc_event){.op = op,
	                            .address = address,
	                            .size_bytes = size,
	                            .stack = stack,
	                            .stamped = time != 0,
	                            .time = time});
}

static void free_at(uint32_t stream, uint8_t op, uint64_t address, uint64_t time)
{
	tw_event(&w, stream,
	         (struct ptc_event){.op = op,
	                            .address = address,
	                            .stack = 8,
	                            .stamped = time != 0,
	                            .time = time});
}

static struct model *finish(void)
{
	size_t n;
	char path[64];
	struct trace *t;
	struct model *m;
	uint8_t *bytes = tw_finish(&w, &n);
	int fd = memfd_create("trace", 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	CHECK_EQ(pwrite(fd, bytes, n, 0), (ssize_t)n);
	free(bytes);
	CHECK_EQ(trace_open(path, &t), 0);
	CHECK_EQ(model_build(t, MODEL_ALL, &m), 0);
	close(fd);
	return m;
}

static const struct site *site_of(const struct model *m, uint32_t stack)
{
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (m->sites[i].stack == stack)
			return &m->sites[i];
	return NULL;
}

TEST("model: what a site held at the process's peak")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 100, 1, 10);
	alloc_at(0, PTF_OP_MALLOC, 0x2000, 50, 2, 20); /* the peak: 150 */
	free_at(0, PTF_OP_FREE, 0x1000, 30);
	alloc_at(0, PTF_OP_MALLOC, 0x3000, 90, 2, 40); /* 140 */
	struct model *m = finish();
	CHECK_EQ(m->totals.peak_live_bytes, 150);
	CHECK_EQ(m->totals.live_bytes, 140);
	CHECK_EQ(site_of(m, 1)->at_peak_bytes, 100);
	CHECK_EQ(site_of(m, 2)->at_peak_bytes, 50);
	CHECK_EQ(site_of(m, 2)->peak_live_bytes, 140);
	CHECK_EQ(site_details(site_of(m, 1))->zero_rounds, 1);
	model_free(m);
}

TEST("model: a realloc that moves, one that fails, one to nothing")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 100, 1, 10);
	free_at(0, PTF_OP_REALLOC_FREE, 0x1000, 20);
	alloc_at(0, PTF_OP_REALLOC, 0x2000, 200, 2, 21);
	free_at(0, PTF_OP_REALLOC_FREE, 0x2000, 30);
	tw_general(&w, 0, PTF_E_UNDO, NULL, 0);
	free_at(0, PTF_OP_REALLOC_FREE, 0x2000, 40);
	alloc_at(0, PTF_OP_REALLOC, 0x2000, 300, 2, 41);
	alloc_at(0, PTF_OP_MALLOC, 0x5000, 1, 3, 50);
	free_at(0, PTF_OP_REALLOC_FREE, 0x5000, 60); /* realloc(p, 0) */
	struct model *m = finish();
	CHECK_EQ(m->totals.allocs, 4);
	CHECK_EQ(m->totals.frees, 3);
	CHECK_EQ(m->totals.live_bytes, 300);
	CHECK_EQ(m->totals.peak_live_bytes, 301);
	CHECK_EQ(m->health.undone_reallocs, 1);
	CHECK_EQ(m->health.unmatched_frees, 0);
	CHECK_EQ(site_reallocs(site_of(m, 2))->calls, 2);
	CHECK_EQ(site_reallocs(site_of(m, 2))->moved, 1);
	CHECK_EQ(site_reallocs(site_of(m, 2))->copied_bytes, 100);
	CHECK_EQ(site_reallocs(site_of(m, 1))->chains, 1);
	CHECK_EQ(site_reallocs(site_of(m, 1))->chain_length.max, 2);
	CHECK_EQ(site_reallocs(site_of(m, 1))->final_size.max, 300);
	CHECK_EQ(site_of(m, 3)->frees, 1);
	model_free(m);
}

TEST("model: an address that changes hands at one and the same reading")
{
	begin();
	w.stream[1].time = 500;
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 16, 1, 100);
	/* Thread 2 is given the address at a reading before that of thread 1's free, and hands it back. */
	free_at(0, PTF_OP_FREE, 0x1000, 1000);
	alloc_at(1, PTF_OP_MALLOC, 0x1000, 32, 2, 999);
	free_at(1, PTF_OP_FREE, 0x1000, 1002);
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 64, 3, 1001);
	struct model *m = finish();
	CHECK_EQ(m->health.unmatched_frees, 0);
	CHECK_EQ(m->health.double_allocs, 0);
	CHECK_EQ(m->totals.live_bytes, 64);
	CHECK_EQ(site_of(m, 3)->live_blocks, 1);
	model_free(m);
}

TEST("model: a lost free is counted, and ends where the address comes again")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 16, 1, 100);
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 32, 2, 200);
	free_at(0, PTF_OP_FREE, 0x9000, 300);
	struct model *m = finish();
	CHECK_EQ(m->health.double_allocs, 1);
	CHECK_EQ(m->health.unmatched_frees, 1);
	CHECK_EQ(m->totals.live_bytes, 32);
	model_free(m);
}

TEST("model: events without stamps lie evenly between those with")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 16, 1, 1000);
	alloc_at(0, PTF_OP_MALLOC, 0x2000, 16, 2, 0);
	alloc_at(0, PTF_OP_MALLOC, 0x3000, 16, 3, 0);
	alloc_at(0, PTF_OP_MALLOC, 0x4000, 16, 4, 4000);
	struct model *m = finish();
	CHECK_EQ(site_of(m, 2)->first_alloc_ns, 2000);
	CHECK_EQ(site_of(m, 3)->first_alloc_ns, 3000);
	model_free(m);
}

TEST("model: not across the turns of other threads")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 16, 1, 1000);
	alloc_at(0, PTF_OP_MALLOC, 0x2000, 16, 2, 0);
	tw_general_number(&w, 0, PTF_E_SOLE_RECORDER, 9000);
	w.stream[0].coder.last_time = 9000;
	alloc_at(0, PTF_OP_MALLOC, 0x3000, 16, 3, 9500);
	struct model *m = finish();
	CHECK_EQ(site_of(m, 2)->first_alloc_ns, 1000);
	CHECK_EQ(site_of(m, 3)->first_alloc_ns, 9500);
	model_free(m);
}

TEST("model: with the stamp before them where they are held")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 16, 1, 1000);
	tw_general_number(&w, 0, PTF_E_HOLD, 1);
	alloc_at(0, PTF_OP_MALLOC, 0x2000, 16, 2, 2000);
	alloc_at(0, PTF_OP_MALLOC, 0x3000, 16, 3, 0);
	alloc_at(0, PTF_OP_MALLOC, 0x4000, 16, 4, 0);
	tw_general_number(&w, 0, PTF_E_HOLD, 0);
	alloc_at(0, PTF_OP_MALLOC, 0x5000, 16, 5, 0);
	alloc_at(0, PTF_OP_MALLOC, 0x6000, 16, 6, 4000);
	struct model *m = finish();
	CHECK_EQ(site_of(m, 2)->first_alloc_ns, 2000);
	CHECK_EQ(site_of(m, 3)->first_alloc_ns, 2000);
	CHECK_EQ(site_of(m, 4)->first_alloc_ns, 2000);
	CHECK_EQ(site_of(m, 5)->first_alloc_ns, 3000);
	model_free(m);
}

TEST("model: temporary, last in first out, concurrency")
{
	begin();
	alloc_at(0, PTF_OP_MALLOC, 0x1000, 16, 1, 1000); /* 1 live for 1000 ns, 2 for 3000 */
	alloc_at(0, PTF_OP_MALLOC, 0x2000, 16, 1, 2000);
	free_at(0, PTF_OP_FREE, 0x2000, 5000); /* temporary, the youngest */
	free_at(0, PTF_OP_FREE, 0x1000, 5000); /* alone: both orders */
	struct model *m = finish();
	const struct site *s = site_of(m, 1);
	CHECK_EQ(s->temporary, 1);
	CHECK_EQ(site_details(s)->lifo_frees, 2);
	CHECK_EQ(site_details(s)->fifo_frees, 1);
	CHECK_EQ(site_details(s)->concurrency.total, 4000);
	CHECK_EQ(hist_quantile(&site_details(s)->concurrency, 0.25), 1);
	CHECK_EQ(hist_quantile(&site_details(s)->concurrency, 0.26), 2);
	CHECK_EQ(s->lifetime_ns.max, 4000);
	model_free(m);
}

struct seen {
	unsigned allocs, frees, reallocs, ends;
	uint64_t live_bytes;
};

static void see_alloc(void *context, const struct block *b, const struct event *e)
{
	struct seen *s = context;
	(void)e;
	s->allocs++;
	s->live_bytes += b->size_bytes;
}

static void see_free(void *context, const struct block *b, const struct event *e)
{
	struct seen *s = context;
	(void)e;
	s->frees++;
	s->live_bytes -= b->size_bytes;
}

static void see_realloc(void *context, const struct block *old_block, const struct block *new_block,
                        const struct event *e)
{
	struct seen *s = context;
	(void)e;
	s->reallocs++;
	s->live_bytes += new_block->size_bytes - old_block->size_bytes;
}

static void see_end(void *context, uint64_t time_ns)
{
	struct seen *s = context;
	(void)time_ns;
	s->ends++;
}

static void region_at(enum ptf_region kind, uint64_t address, uint64_t bytes, uint64_t old_bytes,
                      uint64_t time)
{
	uint64_t number[] = {address, bytes, 1, 0, old_bytes, time};
	uint8_t payload[64] = {(uint8_t)kind}, *p = payload + 1;
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		p = ptc_put_varint(p, number[i]);
	tw_general(&w, 0, PTF_E_REGION, payload, (uint32_t)(p - payload));
}

TEST("model: what allocators and the program ask from the system")
{
	begin();
	region_at(PTF_REGION_BRK, 0x21000, 0x21000, 0, 10);
	region_at(PTF_REGION_BRK, 0x42000, 0x42000, 0, 20); /* the heap grew, there are not two */
	region_at(PTF_REGION_BACKING_MMAP, 0x100000, 0x1000, 0, 30);
	region_at(PTF_REGION_BRK, 0x31000, 0x31000, 0, 40);
	region_at(PTF_REGION_BACKING_MREMAP, 0x200000, 0x3000, 0x1000, 50);
	region_at(PTF_REGION_MMAP, 0x300000, 0x5000, 0, 60);
	region_at(PTF_REGION_MREMAP, 0x300000, 0x8000, 0x5000, 70);
	region_at(PTF_REGION_MUNMAP, 0x300000, 0x6000, 0, 80);
	struct model *m = finish();
	CHECK_EQ(m->totals.peak_reserved_bytes, 0x43000);
	CHECK_EQ(m->totals.reserved_bytes, 0x34000);
	CHECK_EQ(m->totals.peak_mapped_bytes, 0x8000);
	CHECK_EQ(m->totals.mapped_bytes, 0x2000);
	CHECK_EQ(m->totals.live_bytes, 0);
	model_free(m);
}

TEST("model: backing store that is unmapped outside of its allocator is reserved no more")
{
	begin();
	region_at(PTF_REGION_BACKING_MMAP, 0x100000, 0x100000, 0, 10);
	region_at(PTF_REGION_BACKING_MMAP, 0x300000, 0x100000, 0, 20);
	region_at(PTF_REGION_BACKING_MMAP, 0x500000, 0x100000, 0, 30);
	region_at(PTF_REGION_MMAP, 0x700000, 0x9000, 0, 40);
	region_at(PTF_REGION_MUNMAP, 0x100000, 0x100000, 0, 50);
	region_at(PTF_REGION_MUNMAP, 0x300000, 0x40000, 0, 60); /* its head ... */
	region_at(PTF_REGION_MUNMAP, 0x340000, 0x40000, 0, 70); /* ... and more of it */
	struct model *m = finish();
	CHECK_EQ(m->totals.peak_reserved_bytes, 0x300000);
	CHECK_EQ(m->totals.reserved_bytes, 0x180000);
	CHECK_EQ(m->totals.mapped_bytes, 0x9000);
	model_free(m);
}

TEST("model: an address that was backing store once is the program's when it maps there")
{
	begin();
	region_at(PTF_REGION_BACKING_MMAP, 0x100000, 0x10000, 0, 10);
	region_at(PTF_REGION_BACKING_MMAP, 0x900000, 0x10000, 0, 20);
	region_at(PTF_REGION_MUNMAP, 0x100000, 0x10000, 0, 30);
	region_at(PTF_REGION_MMAP, 0x100000, 0x2000, 0, 40);
	region_at(PTF_REGION_MUNMAP, 0x100000, 0x2000, 0, 50);
	struct model *m = finish();
	CHECK_EQ(m->totals.reserved_bytes, 0x10000);
	CHECK_EQ(m->totals.mapped_bytes, 0);
	CHECK_EQ(m->totals.peak_mapped_bytes, 0x2000);
	model_free(m);
}

/* Each is looked up at once: walking through those before it would be four thousand million steps. */
TEST("model: of many mappings of allocators, as many as fit are known again")
{
	begin();
	for (uint64_t i = 0; i < 65536 + 100; i++)
		region_at(PTF_REGION_BACKING_MMAP, (i + 1) << 20, 0x1000, 0, 10 + i);
	for (uint64_t i = 0; i < 65536 + 100; i++)
		region_at(PTF_REGION_MUNMAP, (i + 1) << 20, 0x1000, 0, 100000 + i);
	struct model *m = finish();
	CHECK_EQ(m->totals.peak_reserved_bytes, 65636 * 0x1000ull);
	CHECK_EQ(m->totals.reserved_bytes, 100 * 0x1000);
	CHECK_EQ(m->totals.mapped_bytes, 0);
	model_free(m);
}

TEST("model: observers see what the numbers are of")
{
	struct seen seen = {0};
	struct model_observer o = {.context = &seen,
	                           .on_alloc = see_alloc,
	                           .on_free = see_free,
	                           .on_realloc = see_realloc,
	                           .on_end = see_end};
	begin();
	for (uint32_t i = 0; i < 100; i++)
		alloc_at(0, PTF_OP_MALLOC, 0x10000 + i * 256, i, 1 + i % 3, 10 + i);
	for (uint32_t i = 0; i < 50; i++)
		free_at(0, PTF_OP_FREE, 0x10000 + i * 512, 0);
	free_at(0, PTF_OP_REALLOC_FREE, 0x10000 + 256, 0);
	alloc_at(0, PTF_OP_REALLOC, 0x90000, 1000, 4, 0);
	struct model *m = finish();
	CHECK_EQ(model_scan(m, &o, 1), 0);
	CHECK_EQ(seen.allocs, 100);
	CHECK_EQ(seen.frees, 50);
	CHECK_EQ(seen.reallocs, 1);
	CHECK_EQ(seen.ends, 1);
	CHECK_EQ(seen.live_bytes, m->totals.live_bytes);
	model_free(m);
}

/* Many blocks, random order, against a plain array. */
TEST("model: a hundred thousand random events balance")
{
	static bool live[4096];
	uint64_t seed = 7, bytes = 0, blocks = 0, peak = 0;
	memset(live, 0, sizeof live);
	begin();
	for (uint32_t i = 0; i < 100000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		uint32_t k = (uint32_t)(seed >> 40) % 4096;
		if (live[k]) {
			free_at(0, PTF_OP_FREE, 0x100000 + k * 48, i % 16 ? 0 : i + 1);
			bytes -= k;
			blocks--;
		} else {
			alloc_at(0, PTF_OP_MALLOC, 0x100000 + k * 48, k, 1 + k % 7,
			         i % 16 ? 0 : i + 1);
			bytes += k;
			blocks++;
		}
		live[k] = !live[k];
		peak = bytes > peak ? bytes : peak;
	}
	struct model *m = finish();
	CHECK_EQ(m->totals.live_bytes, bytes);
	CHECK_EQ(m->totals.live_blocks, blocks);
	CHECK_EQ(m->totals.peak_live_bytes, peak);
	CHECK_EQ(m->totals.allocs + m->totals.frees, 100000);
	CHECK_EQ(m->health.unmatched_frees + m->health.double_allocs, 0);
	model_free(m);
}

TEST("model: an alignment that no address can have is none")
{
	begin();
	for (uint32_t i = 0; i < 2; i++)
		tw_event(&w, 0,
		         (struct ptc_event){.op = PTF_OP_ALIGNED,
		                            .address = 0x1000 + i * 0x1000,
		                            .size_bytes = 100,
		                            .stack = 1 + i,
		                            .align_log2 = i ? 86 : 12,
		                            .stamped = true,
		                            .time = 10 + i});
	struct model *m = finish();
	CHECK_EQ(site_of(m, 1)->align_log2, 12);
	CHECK_EQ(site_of(m, 2)->align_log2, 0);
	model_free(m);
}
