/*
 * See trace_file.h.  Everything here is a slow path: once per 32 KiB of trace.
 */
#include "trace_file.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "write/descriptor.h"
#include "trace_filename.h"
#include "base/lock.h"
#include "base/own_memory.h"
#include "self.h"
#include "base/format_text.h"

#define TRACE_FILE_GROW_CHUNKS_FIRST 4u
#define TRACE_FILE_GROW_CHUNKS_MOST 32u
#define SPARE_MOST 64u    /* chunks */
#define SPARE_WITHOUT 16u /* while the host leaves us no descriptor, records go into these */
#define TRACE_FILE_STEP_BYTES 512u /* some hundred events; on btrfs 40 ns each for the writing */

LOCK_DEFINE(trace_file_lock, LOCK_FILE);
static struct ptf_file trace_file_scratch;
struct ptf_file *trace_file_live = &trace_file_scratch;

/* Protected by trace_file_lock. */
static uint32_t trace_file_next,
	trace_file_reserved;          /* chunks handed out; chunks with space behind them */
static uint64_t trace_file_max_bytes; /* POOLTRACE_MAX_SIZE, 0: no limit */
static struct ptf_chunk *trace_file_chunk0;
static struct ptf_chunk *
	trace_file_parent; /* the same of the process that forked this one, until that has a trace */
static int trace_file_error;     /* errno: why there is none */
static bool trace_file_by_write; /* chunks are the recorder's own memory: see trace_file.h */

static void trace_file_write_header(void);

bool trace_file_stopped(void)
{
	return trace_file_live->stop_reason != PTF_STOP_NONE;
}

/* Where the header must be written, it is at each power of two: a killed process has told the rest. */
void trace_file_count_lost(enum ptf_lost why, uint64_t n)
{
	uint64_t lost = __atomic_add_fetch(&trace_file_live->lost[why], n, __ATOMIC_RELAXED);
	if (unlikely(trace_file_by_write) && !(lost & (lost - 1)))
		trace_file_write_header();
}

void trace_file_stop(enum ptf_stop why)
{
	uint32_t none = PTF_STOP_NONE;
	if (!__atomic_compare_exchange_n(&trace_file_live->stop_reason, &none, why, false,
	                                 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	pt_log("recording stops, as enum ptf_stop:", why);
	trace_file_live->stop_ticks = clock_ticks();
	trace_file_live->end = PTF_END_STOPPED;
	process->generation = 0;
	trace_file_write_header();
}

void trace_file_abandon(enum ptf_stop why)
{
	trace_file_by_write = false;
	trace_file_stop(why);
	descriptor_abandon();
}

void trace_file_foretell(enum ptf_stop why)
{
	struct ptf_file now = *trace_file_live;
	if (!trace_file_by_write || trace_file_stopped())
		return;
	trace_file_live->stop_reason = why;
	trace_file_live->stop_ticks = clock_ticks();
	trace_file_live->end = PTF_END_STOPPED;
	trace_file_write_header();
	trace_file_live->stop_reason = now.stop_reason;
	trace_file_live->stop_ticks = now.stop_ticks;
	trace_file_live->end = now.end;
}

/* ---- the descriptor ---- */

bool trace_file_owns_fd(int fd)
{
	return descriptor_owns(fd);
}

void trace_file_make_way(int fd)
{
	if (!trace_file_owns_fd(fd) || !lock_take(&trace_file_lock))
		return;
	descriptor_move();
	lock_release(&trace_file_lock);
}

/* Where steps of 512 bytes are written, to open the file for each would cost more than the writing. */
static void trace_file_unlock(void)
{
	if (!trace_file_by_write)
		descriptor_rest();
	lock_release(&trace_file_lock);
}

/* ---- space ---- */

/* File systems without fallocate get their zeros written: the last page first, so that a process killed
 * between them leaves no piece of a chunk at the end. */
static bool trace_file_fill(int fd, uint64_t offset, uint64_t n)
{
	static const char zeros[4096];
	for (uint64_t left = n; left; left -= sizeof zeros)
		if (raw_pwrite(fd, zeros, sizeof zeros, offset + left - sizeof zeros) !=
		    (long)sizeof zeros)
			return false;
	return true;
}

static enum ptf_stop trace_file_reserve(int fd, uint32_t n_chunks)
{
	uint64_t offset = (uint64_t)trace_file_reserved * PTF_CHUNK_BYTES;
	uint64_t n = (uint64_t)n_chunks * PTF_CHUNK_BYTES;

	if (trace_file_max_bytes && offset + n > trace_file_max_bytes)
		return PTF_STOP_MAX_SIZE;
	if (offset + n > raw_limit(RLIMIT_FSIZE))
		return PTF_STOP_NO_SPACE; /* asking would raise SIGXFSZ */
	long r = raw_fallocate(fd, offset, n);
	if (raw_failed(r) &&
	    !((r == -EOPNOTSUPP || r == -ENOSYS) && trace_file_fill(fd, offset, n))) {
		raw_ftruncate(fd, offset); /* no piece of a chunk at the end */
		return PTF_STOP_NO_SPACE;
	}

	trace_file_reserved += n_chunks;
	return PTF_STOP_NONE;
}

/* Reserves ahead, in larger steps as the file grows; a single chunk when that is all there is. */
static enum ptf_stop trace_file_grow(int fd)
{
	uint32_t n = pt_min(trace_file_reserved < TRACE_FILE_GROW_CHUNKS_FIRST
	                            ? TRACE_FILE_GROW_CHUNKS_FIRST
	                            : trace_file_reserved,
	                    TRACE_FILE_GROW_CHUNKS_MOST);
	enum ptf_stop why = trace_file_reserve(fd, n);
	return why && n > 1 ? trace_file_reserve(fd, 1) : why;
}

/* The descriptor, with space for chunk trace_file_next behind it. */
static enum ptf_stop trace_file_next_space(int *fd)
{
	enum ptf_stop why;
	*fd = descriptor_check();
	if (*fd < 0)
		return PTF_STOP_NO_FILE;
	while (trace_file_next + trace_file_by_write >= trace_file_reserved)
		if ((why = trace_file_grow(*fd)) != PTF_STOP_NONE)
			return why;
	return PTF_STOP_NONE;
}

static uint64_t trace_file_next_offset(void)
{
	return (uint64_t)trace_file_next * PTF_CHUNK_BYTES;
}

/*
 * Places that are mapped and have no chunk yet.  A process may have 65,530 mappings and a program with many
 * threads needs most of them, so the more places there are, the more are mapped at a time.  In the file they
 * are chunks that were not used.  Protected by trace_file_lock.
 */
static struct {
	uint8_t *at;
	uint32_t n, index; /* chunks; the first one's number */
	uint32_t n_taken;  /* places that have been handed out */
} spare;

static void trace_file_map_spare(int fd)
{
	uint32_t least = descriptor_is_kept() ? 1 : SPARE_WITHOUT;
	uint32_t n = pt_min(spare.n_taken / 8 + least, SPARE_MOST);

	while (trace_file_reserved - trace_file_next < least &&
	       trace_file_grow(fd) == PTF_STOP_NONE)
		;
	n = pt_min(n, trace_file_reserved - trace_file_next);
	spare.at = own_map_file((size_t)n * PTF_CHUNK_BYTES, fd, trace_file_next_offset());
	if (!spare.at)
		return;
	spare.n = n;
	spare.index = trace_file_next;
	trace_file_next += n;
}

/* MAP_POPULATE would map the pages of a file for reading, and each first store would still fault. */
static struct ptf_chunk *trace_file_take_spare(void)
{
	enum { POPULATE_WRITE = 23 }; /* Linux 5.14; before that each page faults once */
	struct ptf_chunk *place = (struct ptf_chunk *)spare.at;
	raw_call(SYS_madvise, (long)place, PTF_CHUNK_BYTES, POPULATE_WRITE, 0, 0, 0);
	place->index = spare.index++;
	spare.at += PTF_CHUNK_BYTES;
	spare.n--;
	spare.n_taken++;
	return place;
}

/* The header is shared with forked children, which count in it. */
static struct ptf_chunk *trace_file_take_memory(void)
{
	bool is_header = trace_file_next == 0;
	struct ptf_chunk *place = is_header ? own_map_shared(PTF_CHUNK_BYTES)
	                                    : own_map(PTF_CHUNK_BYTES);
	if (place)
		place->index = trace_file_next++;
	return place;
}

static enum ptf_stop trace_file_map_place(struct ptf_chunk **chunk)
{
	int fd;

	if (!spare.n) {
		enum ptf_stop why = trace_file_next_space(&fd);
		if (why != PTF_STOP_NONE)
			return why;
		if (!trace_file_by_write)
			trace_file_map_spare(fd);
		if (!spare.n && trace_file_next == 0)
			trace_file_by_write = true; /* a file system without shared mappings */
	}

	if (trace_file_by_write)
		*chunk = trace_file_take_memory();
	else if (spare.n)
		*chunk = trace_file_take_spare();

	return *chunk ? PTF_STOP_NONE : PTF_STOP_NO_MEMORY;
}

/* ---- chunks that are not mapped ---- */

/*
 * The last page first, so that a record across two pages is not there in part when the process is
 * killed between them: it reads as the end.
 */
static bool trace_file_write_pages(const struct ptf_chunk *c, const uint8_t *from,
                                   const uint8_t *to)
{
	int fd = descriptor_check();
	uint64_t at = (uint64_t)c->index * PTF_CHUNK_BYTES;

	if (fd < 0 || at + PTF_CHUNK_BYTES > raw_limit(RLIMIT_FSIZE))
		return false;
	while (to > from) {
		const uint8_t *page = (const uint8_t *)((uintptr_t)(to - 1) & ~4095ul);
		const uint8_t *p = page > from ? page : from;
		uint64_t offset = at + (uint64_t)(p - (const uint8_t *)c);
		if (raw_pwrite(fd, p, (size_t)(to - p), offset) != to - p)
			return false;
		to = p;
	}

	return true;
}

/* Where that is a copy, it needs space: the last chunk that is reserved is kept for this. */
static void trace_file_write_header_locked(void)
{
	const uint8_t *from = (const uint8_t *)trace_file_chunk0;
	const uint8_t *to = from + sizeof(struct ptf_chunk) + sizeof(struct ptf_file);
	if (trace_file_write_pages(trace_file_chunk0, from, to) ||
	    trace_file_next == trace_file_reserved ||
	    raw_failed(raw_ftruncate(descriptor_number(),
	                             (uint64_t)trace_file_next * PTF_CHUNK_BYTES)))
		return;
	trace_file_reserved = trace_file_next;
	trace_file_write_pages(trace_file_chunk0, from, to);
}

/* Signals wait: a handler that allocates may come by here, too. */
static PT_COLD void trace_file_write_header(void)
{
	uint64_t mask;
	if (!trace_file_by_write || !trace_file_chunk0)
		return;
	raw_signals_block(&mask);
	if (lock_take(&trace_file_lock)) {
		trace_file_write_header_locked();
		trace_file_unlock();
	}
	raw_signals_restore(&mask);
}

uint32_t trace_file_step(void)
{
	return trace_file_by_write ? TRACE_FILE_STEP_BYTES : 0;
}

void trace_file_write_out(const struct ptf_chunk *c, const uint8_t *from, const uint8_t *to)
{
	if (!trace_file_by_write || !lock_take(&trace_file_lock))
		return;
	bool written = trace_file_write_pages(c, from, to);
	trace_file_unlock();
	if (!written)
		trace_file_stop(PTF_STOP_NO_SPACE);
}

/* ---- chunks ---- */

static void trace_file_begin_chunk(struct ptf_chunk *chunk)
{
	chunk->state = PTF_UNUSED;
	pt_signal_fence();
	*(uint8_t *)(chunk + 1) = 0; /* no record yet */
	chunk->magic = PTF_CHUNK_MAGIC;
	chunk->used = 0;
	chunk->checksum = 0;
	chunk->ticks = clock_ticks();
	chunk->mono_ns = clock_mono_ns();
}

struct ptf_chunk *trace_file_take_chunk(void)
{
	struct ptf_chunk *chunk = NULL;

	if (trace_file_stopped() || !lock_take(&trace_file_lock))
		return NULL;
	enum ptf_stop why = trace_file_map_place(&chunk);
	if (chunk)
		trace_file_live->n_chunks = trace_file_next;
	if (chunk && trace_file_by_write && trace_file_chunk0)
		trace_file_write_header_locked();
	trace_file_unlock();
	if (why != PTF_STOP_NONE) {
		trace_file_stop(why);
		return NULL;
	}

	trace_file_begin_chunk(chunk);
	return chunk;
}

/* The header of the chunk when it ends here, as chunk number `index` of the file. */
static struct ptf_chunk trace_file_closed_header(const struct ptf_chunk *chunk, const uint8_t *end,
                                                 uint32_t index)
{
	struct ptf_chunk closed = *chunk;
	closed.index = index;
	closed.used = (uint16_t)(end - (const uint8_t *)(chunk + 1));
	closed.state = PTF_CLOSED;
	closed.checksum = 0;
	closed.checksum = checksum_bytes(chunk + 1, closed.used,
	                                 checksum_bytes(&closed, sizeof closed, 0));
	return closed;
}

void trace_file_close_chunk(struct ptf_chunk *chunk, const uint8_t *end)
{
	struct ptf_chunk closed = trace_file_closed_header(chunk, end, chunk->index);
	chunk->used = closed.used;
	chunk->checksum = closed.checksum;
	pt_signal_fence();
	chunk->state = PTF_CLOSED;
	trace_file_write_out(chunk, (const uint8_t *)chunk, end);
}

/* Puts a copy of a full chunk where it stays: all of its bytes, a last page in part would cost more than half of
 * the writing again. */
static enum ptf_stop trace_file_copy_out(const struct ptf_chunk *chunk, const uint8_t *end)
{
	int fd;
	enum ptf_stop why = trace_file_next_space(&fd);

	if (why != PTF_STOP_NONE)
		return why;
	if (trace_file_next_offset() + PTF_CHUNK_BYTES > raw_limit(RLIMIT_FSIZE))
		return PTF_STOP_NO_SPACE;
	struct ptf_chunk closed = trace_file_closed_header(chunk, end, trace_file_next);
	const struct iovec pieces[] = {{&closed, sizeof closed},
	                               {(void *)(chunk + 1), PTF_CHUNK_BYTES - sizeof closed}};
	if (raw_pwritev(fd, pieces, 2, trace_file_next_offset()) != PTF_CHUNK_BYTES)
		return PTF_STOP_NO_SPACE;
	trace_file_next++;
	return PTF_STOP_NONE;
}

/* The memory of a chunk that has been written is another chunk's now. */
static enum ptf_stop trace_file_renumber(struct ptf_chunk *chunk)
{
	int fd;
	enum ptf_stop why = trace_file_next_space(&fd);
	if (why == PTF_STOP_NONE) {
		__builtin_memset(chunk, 0, PTF_CHUNK_BYTES);
		chunk->index = trace_file_next++;
	}
	return why;
}

static bool trace_file_go_on_in(struct ptf_chunk *chunk, const uint8_t *end)
{
	enum ptf_stop why = PTF_STOP_NONE;
	bool begun = false;

	if (trace_file_by_write)
		trace_file_close_chunk(chunk, end);
	if (!trace_file_stopped() && lock_take(&trace_file_lock)) {
		why = trace_file_by_write ? trace_file_renumber(chunk)
		                          : trace_file_copy_out(chunk, end);
		begun = why == PTF_STOP_NONE;
		trace_file_live->n_chunks = trace_file_next;
		if (trace_file_by_write)
			trace_file_write_header_locked();
		trace_file_unlock();
	}

	if (begun)
		trace_file_begin_chunk(chunk);
	else if (!trace_file_by_write)
		trace_file_close_chunk(chunk, end);

	if (why != PTF_STOP_NONE && !(why == PTF_STOP_NO_FILE && spare.n))
		trace_file_stop(why);
	return begun;
}

struct ptf_chunk *trace_file_next_chunk(struct ptf_chunk *full, const uint8_t *end)
{
	if (full && trace_file_go_on_in(full, end))
		return full;
	if (full)
		own_unmap(full, PTF_CHUNK_BYTES);
	return trace_file_take_chunk();
}

/* ---- life ---- */

static void trace_file_fill_header(struct ptf_file *f)
{
	struct timespec real_now;

	clock_read(CLOCK_REALTIME, &real_now);
	f->version_major = PTF_VERSION_MAJOR;
	f->version_minor = PTF_VERSION_MINOR;
	f->chunk_bytes = PTF_CHUNK_BYTES;
	f->clock = clock_is_tsc ? PTF_CLOCK_TSC : PTF_CLOCK_MONOTONIC;
	f->time_shift = CLOCK_TIME_SHIFT;
	f->pid = raw_pid();
	f->ppid = raw_ppid();
	f->start_ticks = trace_file_chunk0->ticks;
	f->start_mono_ns = trace_file_chunk0->mono_ns;
	f->start_real_ns = (uint64_t)real_now.tv_sec * 1000000000u + (uint64_t)real_now.tv_nsec;
	f->exec_count = filename_n;
	f->write_step = trace_file_step();
	pt_signal_fence();
	f->magic = PTF_MAGIC;
}

static bool trace_file_open_first_chunk(int fd)
{
	if (!descriptor_adopt(fd)) {
		raw_close(fd);
		return false;
	}

	trace_file_next = trace_file_reserved = 0;
	trace_file_max_bytes = format_text_size(format_text_env("POOLTRACE_MAX_SIZE"));
	trace_file_by_write = descriptor_may_fault();
	trace_file_chunk0 = NULL;
	trace_file_chunk0 = trace_file_take_chunk();
	if (!trace_file_chunk0)
		raw_close(descriptor_abandon());
	return trace_file_chunk0 != NULL;
}

bool trace_file_open(void)
{
	long fd = filename_create();

	trace_file_error = raw_failed(fd) ? (int)-fd : ENOSPC;
	if (raw_failed(fd))
		return false;
	if (!trace_file_open_first_chunk((int)fd)) {
		raw_unlink(filename_path()); /* ours, and of no use */
		return false;
	}

	trace_file_chunk0->kind = PTF_CHUNK_FILE;
	trace_file_chunk0->state = PTF_OPEN;
	struct ptf_file *live = (struct ptf_file *)(trace_file_chunk0 + 1);
	trace_file_fill_header(live);
	live->parent_start_ns = trace_file_live->start_real_ns;
	live->python = trace_file_live->python;
	live->n_chunks = trace_file_next;
	trace_file_live = live;
	trace_file_write_header();
	return true;
}

void trace_file_finish(enum ptf_end how, int exit_code)
{
	if (trace_file_live->end != PTF_END_UNKNOWN)
		trace_file_write_header(); /* the last counts of what is not in it */
	if (trace_file_live == &trace_file_scratch || trace_file_live->end != PTF_END_UNKNOWN)
		return;
	if (lock_take(&trace_file_lock)) {
		int fd = descriptor_check();
		if (fd >= 0 &&
		    !raw_failed(raw_ftruncate(fd, (uint64_t)trace_file_next * PTF_CHUNK_BYTES)))
			trace_file_reserved = trace_file_next;
		trace_file_unlock();
	}

	trace_file_live->exit_code = (uint32_t)exit_code;
	trace_file_live->end_mono_ns = clock_mono_ns();
	trace_file_live->end_ticks = clock_ticks();
	trace_file_live->end = how;
	trace_file_write_header();
}

void trace_file_unfinish(void)
{
	trace_file_live->end = PTF_END_UNKNOWN;
	trace_file_write_header();
}

static void trace_file_leave_parent(void)
{
	if (trace_file_parent)
		own_unmap(trace_file_parent, PTF_CHUNK_BYTES);
	trace_file_parent = NULL;
}

static void trace_file_count_untraced_in(struct ptf_file *f, int by, int error)
{
	__atomic_fetch_add(&f->n_untraced, (uint32_t)by, __ATOMIC_RELAXED);
	if (by > 0)
		f->untraced_error = (uint32_t)error;
}

void trace_file_tell_parent(bool recording)
{
	if (trace_file_parent && !recording)
		trace_file_count_untraced_in((struct ptf_file *)(trace_file_parent + 1), 1,
		                             trace_file_error);
	trace_file_leave_parent();
}

/* Of a child without an event, which has no trace yet, the parent's counts. */
void trace_file_count_untraced(int by, int error)
{
	struct ptf_file *parent = trace_file_parent ? (struct ptf_file *)(trace_file_parent + 1)
	                                            : NULL;
	trace_file_count_untraced_in(parent ? parent : trace_file_live, by, error);
}

void trace_file_forget(void)
{
	static struct ptf_file parent;

	parent = *trace_file_live;
	__builtin_memset(&trace_file_scratch, 0, sizeof trace_file_scratch);

	/* Links the child's trace to its parent's. */
	trace_file_scratch.start_real_ns = parent.start_real_ns;

	/* The interpreter is there, whichever process found it. */
	trace_file_scratch.python = parent.python;
	trace_file_live = &trace_file_scratch;
	trace_file_leave_parent();
	trace_file_parent = trace_file_chunk0;
	trace_file_chunk0 = NULL;
	if (spare.n)
		own_unmap(spare.at, (size_t)spare.n * PTF_CHUNK_BYTES);
	spare.n = spare.n_taken = 0;
	trace_file_by_write = false;
	descriptor_close();
	lock_forget(&trace_file_lock);
	filename_n++;
}
