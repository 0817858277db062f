/*
 * The reader against broken files: cut at each byte, each byte changed.  What it must do: never crash,
 * never hang, never claim a damaged trace whole, and still give what lies before the damage.
 */
#include "unit.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/model.h"
#include "tests/helpers/trace_writer.h"

static uint8_t *file_bytes;
static size_t reader_file_n;
static int fd = -1;
static char path[64];

/* Header, names, two streams: 60 allocations with 40 frees in one, 10 hand-overs in the other. */
static void write_file(bool leave_open)
{
	struct tw w;
	static const char *const argv[] = {"app", "-x"};
	tw_init(&w);
	w.header.end = PTF_END_EXIT;
	w.header.end_ticks = w.header.end_mono_ns = 100000;
	w.leave_open = leave_open;
	tw_process(&w, "/bin/app", 2, argv);
	tw_module(&w, 1, "/nowhere/app");
	for (uint32_t i = 0; i < 6; i++)
		tw_frame(&w, 1, 0x1000 + i * 16);
	tw_stack(&w, PTF_STACK_COMPLETE, (uint32_t[]){1, 2, 3}, 3);
	tw_stack(&w, PTF_STACK_COMPLETE, (uint32_t[]){1, 2, 4}, 3);
	tw_stack(&w, PTF_STACK_COMPLETE, (uint32_t[]){5}, 1);
	for (uint32_t i = 0; i < 60; i++)
		tw_event(&w, 0,
		         (struct ptc_event){.op = PTF_OP_MALLOC,
		                            .address = 0x10000 + i * 64,
		                            .size_bytes = 40 + i,
		                            .stack = 1 + i % 2,
		                            .stamped = true,
		                            .time = 100 * i});
	tw_general_number(&w, 0, PTF_E_SOLE_RECORDER, 6000);
	w.stream[0].coder.last_time = 6000;
	for (uint32_t i = 0; i < 40; i++)
		tw_event(&w, 0,
		         (struct ptc_event){.op = PTF_OP_FREE,
		                            .address = 0x10000 + i * 64,
		                            .stack = 3,
		                            .stamped = true,
		                            .time = 7000 + 100 * i});
	w.stream[1].time = 6500;
	for (uint32_t i = 0; i < 10; i++)
		tw_event(&w, 1,
		         (struct ptc_event){.op = PTF_OP_FREE,
		                            .address = 0x10000 + (50 + i) * 64,
		                            .stack = 3,
		                            .stamped = true,
		                            .time = 7000 + 70 * i});
	file_bytes = tw_finish(&w, &reader_file_n);
}

static void put_file(const uint8_t *bytes, size_t n)
{
	if (fd < 0) {
		fd = memfd_create("trace", 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		/* page faults would take most of the time: keep what was freed */
		mallopt(M_MMAP_THRESHOLD, 1 << 25);
		mallopt(M_TRIM_THRESHOLD, 1 << 28);
		/* messages about thousands of broken files are not wanted here */
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	}
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, bytes, n, 0), (ssize_t)n);
}

struct outcome {
	bool opened, damaged;
	uint64_t allocs, frees, unmatched;
};

static struct outcome read_file(void)
{
	struct outcome o = {0};
	struct trace *t;
	struct model *m;
	if (trace_open(path, &t) < 0 || model_build(t, MODEL_ALL, &m) < 0)
		return o;
	o = (struct outcome){.opened = true,
	                     .damaged = trace_is_damaged(m->trace),
	                     .allocs = m->totals.allocs,
	                     .frees = m->totals.frees,
	                     .unmatched = m->health.unmatched_frees};
	for (uint32_t i = 0; i < m->n_sites; i++)
		model_site_stack(m, &m->sites[i]);
	model_free(m);
	return o;
}

/* With one byte changed, that is put right again. */
static struct outcome read_changed(size_t at, uint8_t byte)
{
	CHECK_EQ(pwrite(fd, &byte, 1, (off_t)at), 1);
	struct outcome o = read_file();
	CHECK_EQ(pwrite(fd, &file_bytes[at], 1, (off_t)at), 1);
	return o;
}

/* Bytes that say something: chunk headers and what follows up to the zeros. */
static bool is_meant(size_t at)
{
	size_t in_chunk = at % PTF_CHUNK_BYTES;
	const struct ptf_chunk *c =
		(const struct ptf_chunk *)(file_bytes + at / PTF_CHUNK_BYTES * PTF_CHUNK_BYTES);
	size_t used = c->kind == PTF_CHUNK_FILE ? sizeof(struct ptf_file)
	              : c->state == PTF_CLOSED  ? c->used
	                                        : 500;
	return in_chunk < sizeof *c + used + 8;
}

TEST("reader: a whole file")
{
	for (int open_chunks = 0; open_chunks < 2; open_chunks++) {
		write_file(open_chunks);
		put_file(file_bytes, reader_file_n);
		struct outcome o = read_file();
		CHECK(o.opened && !o.damaged);
		CHECK_EQ(o.allocs, 60);
		CHECK_EQ(o.frees, 50);
		free(file_bytes);
	}
}

TEST("reader: cut at each byte")
{
	for (int open_chunks = 0; open_chunks < 2; open_chunks++) {
		write_file(open_chunks);
		put_file(file_bytes, reader_file_n);
		uint64_t allocs = UINT64_MAX;
		for (size_t n = reader_file_n; n-- > 0;) {
			if (!is_meant(n) && n % 8191)
				continue;
			CHECK_EQ(ftruncate(fd, (off_t)n), 0);
			struct outcome o = read_file();
			CHECK(o.allocs <= allocs); /* never more than a longer file gave */
			CHECK_CMP(o.opened, ==,
			          (n >= sizeof(struct ptf_chunk) + sizeof(struct ptf_file)));
			if (!open_chunks && n % PTF_CHUNK_BYTES && is_meant(n) &&
			    n > PTF_CHUNK_BYTES)
				CHECK(o.damaged ||
				      n % PTF_CHUNK_BYTES >=
				              sizeof(struct ptf_chunk) +
				                      ((struct ptf_chunk
				                                *)(file_bytes +
				                                   n / PTF_CHUNK_BYTES *
				                                           PTF_CHUNK_BYTES))
				                              ->used);
			allocs = o.opened ? o.allocs : allocs;
		}
		free(file_bytes);
	}
}

TEST("reader: each byte changed, in closed chunks")
{
	write_file(false);
	put_file(file_bytes, reader_file_n);
	for (size_t at = 0; at < reader_file_n; at++) {
		const struct ptf_chunk *c =
			(const struct ptf_chunk *)(file_bytes +
		                                   at / PTF_CHUNK_BYTES * PTF_CHUNK_BYTES);
		if (!is_meant(at))
			continue;
		struct outcome o = read_changed(at, (uint8_t)(file_bytes[at] ^ (1u << (at % 8))));
		bool protected = at >= PTF_CHUNK_BYTES &&
		                 at % PTF_CHUNK_BYTES < sizeof *c + c->used;
		if (protected && at % PTF_CHUNK_BYTES != offsetof(struct ptf_chunk, state))
			CHECK(o.opened && o.damaged);
		CHECK_CMP(o.allocs, <=, 60);
	}
	free(file_bytes);
}

TEST("reader: each byte changed to anything, in open chunks")
{
	write_file(true);
	put_file(file_bytes, reader_file_n);
	uint64_t seed = 1;
	for (size_t at = PTF_CHUNK_BYTES; at < reader_file_n; at++) {
		if (!is_meant(at))
			continue;
		for (int k = 0; k < 3; k++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			read_changed(at, k ? (uint8_t)(seed >> 56) : 0xff);
		}
	}
	free(file_bytes);
}

/* ---- places that chunks are written in, one after the other ---- */

enum { N_CHUNKS = 5, PER_CHUNK = 500, PLACE = 2 };

/* One stream in five chunks, of which the last is in the place where all were written, before the others
 * in the file: | FILE | DEFS | 4 (open) | 0 | 1 | 2 | 3 | */
static uint8_t *write_places(size_t *n_bytes)
{
	struct tw w;
	tw_init(&w);
	w.leave_open = true;
	tw_module(&w, 1, "/nowhere/app");
	tw_frame(&w, 1, 0x1000);
	tw_stack(&w, PTF_STACK_COMPLETE, (uint32_t[]){1}, 1);
	for (uint32_t i = 0; i < N_CHUNKS * PER_CHUNK; i++) {
		if (i % PER_CHUNK == 0)
			tw_next_chunk(&w, 0);
		tw_event(&w, 0,
		         (struct ptc_event){.op = i / PER_CHUNK % 2 ? PTF_OP_FREE : PTF_OP_MALLOC,
		                            .address = 0x10000 + i % PER_CHUNK * 64,
		                            .size_bytes = i / PER_CHUNK % 2 ? 0 : 40,
		                            .stack = 1,
		                            .stamped = true,
		                            .time = 10 * i});
	}
	struct tw_chunk *last = w.chunk[w.n_chunks - 1];
	memmove(&w.chunk[PLACE + 1], &w.chunk[PLACE], (N_CHUNKS - 1) * sizeof w.chunk[0]);
	w.chunk[PLACE] = last;
	for (uint32_t i = 0; i < w.n_chunks; i++) {
		struct ptf_chunk *h = tw_header(w.chunk[i]);
		h->index = i;
		h->checksum = h->state == PTF_CLOSED ? chunk_checksum(h, tw_payload(w.chunk[i]))
		                                     : 0;
	}
	return tw_finish(&w, n_bytes);
}

static struct ptf_chunk *chunk_in(uint8_t *file, uint32_t number)
{
	return (struct ptf_chunk *)(file + (size_t)number * PTF_CHUNK_BYTES);
}

/* Allocations in the even chunks, their releases in the odd ones: in another order nothing would match. */
static void check_places(const uint8_t *file, size_t n, bool damaged, uint64_t allocs,
                         uint64_t frees)
{
	put_file(file, n);
	struct outcome o = read_file();
	CHECK(o.opened);
	CHECK_EQ(o.damaged, damaged);
	CHECK_EQ(o.allocs, allocs);
	CHECK_EQ(o.frees, frees);
	CHECK_EQ(o.unmatched, 0);
}

TEST("reader: chunks in the order of their stream, not of the file")
{
	size_t n;
	uint8_t *file = write_places(&n);
	check_places(file, n, false, 3 * PER_CHUNK, 2 * PER_CHUNK);
	free(file);
}

TEST("reader: killed while the chunk was copied, anywhere in the copy")
{
	size_t n;
	uint8_t *file = write_places(&n);
	uint32_t place = PLACE, copy = PLACE + N_CHUNKS - 1; /* of the third chunk */
	struct ptf_chunk whole = *chunk_in(file, copy);
	memcpy(chunk_in(file, place) + 1, chunk_in(file, copy) + 1, PTF_PAYLOAD_BYTES);
	*chunk_in(file, place) = whole;
	chunk_in(file, place)->index = place;
	chunk_in(file, place)->state = PTF_OPEN;
	check_places(file, n, false, 2 * PER_CHUNK, 2 * PER_CHUNK);
	for (size_t left = sizeof whole + whole.used; left-- > sizeof whole;) {
		((uint8_t *)chunk_in(file, copy))[left] = 0;
		if (left % 31 == 0 || left == sizeof whole)
			check_places(file, n, false, 2 * PER_CHUNK, 2 * PER_CHUNK);
	}
	free(file);
}

/* Three objects recorded as of class 1: of the first somebody saw that it is of class 2. */
static void write_objects(bool leave_open)
{
	struct tw w;
	struct ptc_event object = {
		.op = PTF_OP_MALLOC, .domain = PTF_DOMAIN_PY_OBJ, .size_bytes = 48, .class_id = 1};
	tw_init(&w);
	w.leave_open = leave_open;
	tw_class(&w, "Expected", "m", 0, 48);
	tw_class(&w, "Other", "m", 0, 48);
	for (uint32_t i = 0; i < 3; i++) {
		object.address = 0x10000 + i * 48;
		tw_event(&w, 0, object);
		if (i == 0)
			tw_general_number(&w, 0, PTF_E_ITS_CLASS, 2);
	}
	file_bytes = tw_finish(&w, &reader_file_n);
	put_file(file_bytes, reader_file_n);
	free(file_bytes);
}

/* Classes of the allocations, as decimal digits. */
static uint32_t classes_read(void)
{
	struct trace *t;
	struct event e;
	uint32_t classes = 0;
	CHECK_CMP(trace_open(path, &t), >=, 0);
	struct events *events = events_new(t, NULL, NULL);
	while (events_next(events, &e))
		classes = classes * 10 + (e.kind == EVENT_ALLOC ? e.class_id : 9);
	events_free(events);
	trace_free(t);
	return classes;
}

TEST("reader: what was not the expected object, and what nobody came to look at")
{
	write_objects(false);
	CHECK_EQ(classes_read(), 211);
	write_objects(true);
	CHECK_EQ(classes_read(), 210);
}

TEST("reader: a chunk that is missing in the middle is counted")
{
	size_t n;
	uint8_t *file = write_places(&n);
	memset(chunk_in(file, PLACE + 3), 0, PTF_CHUNK_BYTES);
	put_file(file, n);
	struct outcome o = read_file();
	CHECK(o.opened && o.damaged);
	CHECK_EQ(o.allocs, 2 * PER_CHUNK);
	free(file);
}

TEST("reader: another major version, other chunk sizes, no trace at all")
{
	static const size_t fields[] = {offsetof(struct ptf_file, magic),
	                                offsetof(struct ptf_file, version_major),
	                                offsetof(struct ptf_file, chunk_bytes)};
	write_file(false);
	for (unsigned i = 0; i < 3; i++) {
		put_file(file_bytes, reader_file_n);
		CHECK_EQ(pwrite(fd, "\x77", 1, (off_t)(sizeof(struct ptf_chunk) + fields[i])), 1);
		CHECK(!read_file().opened);
	}
	free(file_bytes);
}

TEST("reader: a hole of a terabyte behind the trace, and one with a chunk after it")
{
	const off_t far = ((off_t)1 << 40) / PTF_CHUNK_BYTES * PTF_CHUNK_BYTES;
	write_file(false);
	put_file(file_bytes, reader_file_n);
	CHECK_EQ(ftruncate(fd, far), 0);
	struct outcome o = read_file();
	CHECK(o.opened && !o.damaged);
	CHECK_EQ(o.allocs, 60);
	CHECK_EQ(pwrite(fd, "\x77", 1, far), 1);
	CHECK(read_file().damaged);
	free(file_bytes);
}

TEST("reader: numbers in the header that nobody wrote are damage, and not told")
{
	static const size_t fields[] = {offsetof(struct ptf_file, truncated_stacks),
	                                offsetof(struct ptf_file, failed_allocs),
	                                offsetof(struct ptf_file, bootstrap_bytes),
	                                offsetof(struct ptf_file, start_real_ns),
	                                offsetof(struct ptf_file, lost),
	                                offsetof(struct ptf_file, lost) + 56,
	                                offsetof(struct ptf_file, n_chunks)};
	write_file(false);
	for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		struct trace *t;
		size_t n = fields[i] == offsetof(struct ptf_file, n_chunks) ? 4 : 8;
		put_file(file_bytes, reader_file_n);
		CHECK_EQ(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", n,
		                (off_t)(sizeof(struct ptf_chunk) + fields[i])),
		         (ssize_t)n);
		CHECK_EQ(trace_open(path, &t), 0);
		CHECK_EQ(t->health.damaged_chunks, 1);
		CHECK_EQ(t->health.first_damage_offset, sizeof(struct ptf_chunk) + fields[i]);
		CHECK_EQ(t->health.lost_events + t->health.truncated_stacks +
		                 t->process.failed_allocs + t->process.bootstrap_bytes +
		                 t->process.start_real_ns,
		         0);
		trace_free(t);
	}
	free(file_bytes);
}

TEST("reader: a frame that nobody defined is the unknown one")
{
	struct tw w;
	struct trace *t;
	tw_init(&w);
	tw_module(&w, 1, "/nowhere/app");
	tw_frame(&w, 1, 0x1000);
	tw_stack(&w, PTF_STACK_COMPLETE, (uint32_t[]){77, 1}, 2);
	size_t n;
	uint8_t *bytes = tw_finish(&w, &n);
	put_file(bytes, n);
	free(bytes);

	CHECK_EQ(trace_open(path, &t), 0);
	CHECK_EQ(t->n_nodes, 3);
	for (uint32_t i = 0; i < t->n_nodes; i++)
		CHECK(t->nodes[i].frame < t->n_frames);
	CHECK_EQ(t->nodes[trace_stack(t, 1)->node].frame, 1);
	trace_free(t);
}
