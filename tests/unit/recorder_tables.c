/*
 * The recorder's shared tables under threads: frames, stacks and their definitions.  The library's
 * sources are compiled in, over a file of memory; `make tsan` runs this under ThreadSanitizer.
 */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

#define PT_INTERPOSES /* nothing is poisoned: this is a test */
#include "base/arena.c"
#include "base/clock.c"
#include "write/definition_writer.c"
#include "base/lock.c"
#include "base/generation.c"
#include "base/libc_free.c"
#include "base/real.c"
#include "base/own_memory.c"
#include "unwind/unwind_rules.c"
#include "unwind/stack_table.c"
#include "base/elf_symbols.c"

#include "python/watched_blocks.c"

enum { N_THREADS = 8, N_STACKS = 3000, N_KEYS = 600, DEPTH = 12, MAX_CHUNKS = 200 };

/* ---- a file of memory, and a process without modules ---- */

static struct ptf_chunk *chunks[MAX_CHUNKS];
static unsigned n_taken;

struct ptf_chunk *trace_file_take_chunk(void)
{
	unsigned i = __atomic_fetch_add(&n_taken, 1, __ATOMIC_RELAXED);
	return i < MAX_CHUNKS ? chunks[i] = calloc(1, PTF_CHUNK_BYTES) : NULL;
}

void trace_file_write_out(const struct ptf_chunk *c, const uint8_t *from, const uint8_t *to)
{
	(void)c;
	(void)from;
	(void)to;
}

void trace_file_close_chunk(struct ptf_chunk *chunk, const uint8_t *end)
{
	chunk->used = (uint16_t)(end - (const uint8_t *)(chunk + 1));
	chunk->state = PTF_CLOSED;
}

/* What the full one leaves behind stays, as in the library. */
struct ptf_chunk *trace_file_next_chunk(struct ptf_chunk *full, const uint8_t *end)
{
	struct ptf_chunk *next = trace_file_take_chunk();
	if (!full || !next)
		return next;
	trace_file_close_chunk(full, end);
	memcpy(next, full, PTF_CHUNK_BYTES);
	*(uint8_t *)(full + 1) = 0;
	return full;
}

uint32_t module_map_find(uint64_t address)
{
	(void)address;
	return 0;
}

const struct module *module_map_at(uint32_t number)
{
	(void)number;
	return NULL;
}

void module_map_announce(uint32_t number)
{
	(void)number;
}

/* ---- the same stacks from all threads ---- */

static uint32_t ids[N_THREADS][N_STACKS], caller_ids[N_THREADS][N_KEYS];

static uint64_t key_of(uint32_t stack, uint32_t depth)
{
	uint64_t h = (stack * 31ull + depth) * 0x9e3779b97f4a7c15ull;
	return 0x400000 + (h >> 40) % N_KEYS * 16;
}

static uint32_t intern(uint32_t stack)
{
	uint32_t frames[DEPTH];
	uint64_t hash = 0;
	for (uint32_t i = 0; i < DEPTH; i++) {
		uint64_t key = key_of(stack, i);
		uint64_t rule = unwind_rules_find(key);
		frames[i] = rule_ref_number(rule ? rule : unwind_rules_add(key, 0));
		hash = stack_hash_add(hash, frames[i]);
	}
	return stack_table_intern(stack_hash_end(hash, PTF_STACK_COMPLETE), PTF_STACK_COMPLETE,
	                          frames, DEPTH);
}

static void *intern_all(void *arg)
{
	uintptr_t thread = (uintptr_t)arg;
	for (uint32_t i = 0; i < N_STACKS; i++) {
		uint32_t stack = (i + (uint32_t)thread * 97) % N_STACKS;
		ids[thread][stack] = intern(stack);
		if (i < N_KEYS)
			caller_ids[thread][i] = unwind_rules_caller_stack(
				rule_ref_number(unwind_rules_find(key_of(stack, 0))));
	}
	return NULL;
}

/* The frame addresses of every stack defined, by id, root first. */
static uint64_t
	*defined[N_STACKS + N_THREADS * N_KEYS + 10]; /* threads may define a caller twice */
static uint64_t frame_address[N_THREADS * N_KEYS * 2];

static void read_stack(struct ptc_cursor *c, uint32_t id, uint64_t *last)
{
	uint64_t shared = 0, fresh = 0;
	CHECK(c->p < c->end);
	c->p++;
	CHECK(ptc_get_varint(c, &shared) && ptc_get_varint(c, &fresh) && shared + fresh <= DEPTH);
	for (uint64_t i = shared; i < shared + fresh; i++) {
		uint32_t frame = 0;
		CHECK(ptc_get_varint32(c, &frame));
		last[i] = frame_address[frame];
	}
	if (shared + fresh == DEPTH) {
		defined[id] = malloc(DEPTH * sizeof *last);
		memcpy(defined[id], last, DEPTH * sizeof *last);
	}
}

static void read_chunk(const struct ptf_chunk *chunk)
{
	struct ptc_cursor c = {(const uint8_t *)(chunk + 1),
	                       (const uint8_t *)chunk + (chunk->state == PTF_CLOSED
	                                                         ? sizeof *chunk + chunk->used
	                                                         : PTF_CHUNK_BYTES)},
			  body;
	uint32_t frame = chunk->first_frame, stack = chunk->first_stack;
	uint64_t last[DEPTH] = {0}, module = 0, offset = 0;
	uint8_t tag;
	while (ptc_get_record(&c, &tag, &body)) {
		if (tag == PTF_D_FRAME) {
			CHECK(ptc_get_varint(&body, &module) && ptc_get_varint(&body, &offset));
			frame_address[frame++] = offset >> 1;
		} else {
			CHECK_EQ(tag, PTF_D_STACK);
			read_stack(&body, stack++, last);
		}
	}
}

TEST("tables: eight threads define each stack once, and as it is")
{
	pthread_t thread[N_THREADS];
	CHECK(unwind_rules_start() && stack_table_start());
	for (uintptr_t i = 0; i < N_THREADS; i++)
		pthread_create(&thread[i], NULL, intern_all, (void *)i);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 1; i < n_taken; i++)
		read_chunk(chunks[i]);
	read_chunk(chunks[0]); /* the place where all were written has the last of them */
	unsigned n_wrong = 0;
	for (uint32_t stack = 0; stack < N_STACKS; stack++) {
		uint32_t id = ids[0][stack];
		for (int t = 1; t < N_THREADS; t++)
			n_wrong += ids[t][stack] != id;
		n_wrong += !id || !defined[id];
		for (uint32_t i = 0; id && defined[id] && i < DEPTH; i++)
			n_wrong += defined[id][i] != key_of(stack, DEPTH - 1 - i);
	}
	CHECK_EQ(n_wrong, 0);
}

TEST("tables: what a fork forgets is defined again")
{
	uint32_t before = intern(1);
	stack_table_forget();
	unwind_rules_forget_ids();
	definition_writer_forget();
	uint32_t after = intern(1);
	CHECK_CMP(before, !=, 0);
	CHECK_EQ(after, 1);
	CHECK_EQ(intern(2), 2);
	CHECK_EQ(intern(1), 1);
}

static const void *block_at(uint64_t number)
{
	return (const void *)(0x10000 + number * 16);
}

/* Who is gone leaves its bits behind until others were asked for in vain. */
TEST("tables: a watched block is found at any time, a freed one only for a short time")
{
	enum { N = 1000, ROUNDS = 100 };
	uint32_t n_missing = 0, n_asked = 0;
	for (uint64_t i = 0; i < 2 * N; i++)
		CHECK(watched_blocks_add(block_at(i), WATCHED_CODE));
	for (uint64_t i = N; i < 2 * N; i++)
		CHECK_EQ(watched_blocks_take(block_at(i)), WATCHED_CODE);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		for (uint64_t i = 0; i < N; i++)
			n_missing += !watched_blocks_may_hold(block_at(i));
		n_asked = 0;
		for (uint64_t i = N; i < 2 * N; i++) {
			if (!watched_blocks_may_hold(block_at(i)))
				continue;
			n_asked++;
			CHECK_EQ(watched_blocks_take(block_at(i)), WATCHED_NONE);
		}
	}
	CHECK_EQ(n_missing, 0);
	CHECK_CMP(n_asked, <, N / 10);
}

TEST("tables: rules of unloaded code are not found, whatever grows or comes after")
{
	enum { N = 20000, FIRST = 0x900000, HALF = FIRST + 16 * N / 2, CODE = 0x30 };
	uint32_t n_wrong = 0;
	CHECK(unwind_rules_start());
	for (uint64_t i = 0; i < N; i++)
		unwind_rules_add(FIRST + 16 * i, CODE);
	unwind_rules_drop(FIRST, HALF);
	for (uint64_t i = 0; i < N; i++) {
		uint64_t rule = unwind_rules_find(FIRST + 16 * i);
		n_wrong += i < N / 2 ? rule != 0 : rule_ref_code(rule) != CODE;
	}
	CHECK_EQ(n_wrong, 0);
	for (uint64_t i = 0; i < N; i++) /* the same addresses again, and a larger table */
		n_wrong += rule_ref_code(unwind_rules_add(FIRST + 16 * i, CODE + (i < N / 2))) !=
		           CODE + (i < N / 2);
	for (uint64_t i = 0; i < N; i++)
		n_wrong += rule_ref_code(unwind_rules_find(FIRST + 16 * i)) != CODE + (i < N / 2);
	CHECK_EQ(n_wrong, 0);
}
