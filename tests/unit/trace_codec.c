/* What the codec writes it reads back: single numbers, and long random rows of events. */
#include "unit.h"

#include <stdlib.h>

#include "preload/trace_codec.h"

static uint64_t seed = 88172645463325252ull;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Of any magnitude. */
static uint64_t random_magnitude(void)
{
	return random64() >> (random64() % 64);
}

TEST("codec: numbers of every magnitude survive")
{
	uint8_t b[16];
	for (int i = 0; i < 100000; i++) {
		uint64_t v = i < 128 ? (i < 64 ? 1ull << i : (1ull << (i - 64)) - 1)
		                     : random_magnitude(),
			 back = 0;
		struct ptc_cursor c = {.p = b, .end = ptc_put_varint(b, v)};
		CHECK(ptc_get_varint(&c, &back) && back == v && c.p == c.end);
		struct ptc_cursor cut = {.p = b, .end = c.end - 1};
		CHECK(!ptc_get_varint(&cut, &back));
	}
}

TEST("codec: a number of more than 64 bits is refused")
{
	uint8_t b[11] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0};
	uint64_t v;
	struct ptc_cursor c = {.p = b, .end = b + sizeof b};
	CHECK(!ptc_get_varint(&c, &v));
}

TEST("codec: a record's length is believed only as far as its chunk goes")
{
	uint8_t b[64];
	uint8_t *end = ptc_put_record(b, PTF_D_NOTE, (const uint8_t *)"abc", 3), tag;
	struct ptc_cursor body, c = {.p = b, .end = end};
	CHECK(ptc_get_record(&c, &tag, &body) && tag == PTF_D_NOTE && body.end - body.p == 3 &&
	      c.p == end);
	c = (struct ptc_cursor){.p = b, .end = end - 1};
	CHECK(!ptc_get_record(&c, &tag, &body));
}

static struct ptc_event random_event(uint64_t *time, unsigned shift)
{
	static const uint8_t ops[] = {PTF_OP_MALLOC, PTF_OP_CALLOC,      PTF_OP_ALIGNED,
	                              PTF_OP_NEW,    PTF_OP_REALLOC,     PTF_OP_FREE,
	                              PTF_OP_DELETE, PTF_OP_REALLOC_FREE};
	struct ptc_event e = {.op = ops[random64() % 8]};
	bool is_free = PTF_OP_IS_FREE(e.op);
	e.address = (random64() % 4 ? 0x555500000000 + random64() % 5000 * 16
	                            : random64() & 0xffffffffffff) >>
	            shift << shift;
	e.stack = random64() % 8 ? (uint32_t)(random64() % 20) : (uint32_t)random_magnitude();
	e.size_bytes = is_free ? 0 : random64() % 2 ? 64 : random_magnitude();
	e.class_id = random64() % 16 || is_free ? 0 : (uint32_t)(random64() % 300);
	e.align_log2 = e.op == PTF_OP_ALIGNED ? (uint8_t)(random64() % 13) : 0;
	e.domain = random64() % 5 ? 0 : (uint8_t)(random64() % 4);
	e.stamped = random64() % 3 == 0;
	if (e.stamped)
		*time += random64() % 1000;
	e.time = *time;
	return e;
}

static bool same(const struct ptc_event *a, const struct ptc_event *b)
{
	return a->address == b->address && a->size_bytes == b->size_bytes && a->stack == b->stack &&
	       a->class_id == b->class_id && a->op == b->op && a->domain == b->domain &&
	       a->align_log2 == b->align_log2 && a->stamped == b->stamped &&
	       (!a->stamped || a->time == b->time);
}

/* As many random events as a chunk holds, written and read back; their bytes in b. */
static unsigned round_trip(uint8_t *b, struct ptc_event *events, unsigned shift)
{
	struct ptc_coder *put = malloc(sizeof *put), *get = malloc(sizeof *get);
	uint64_t time = 12345;
	unsigned n = 0, bad = 0;
	uint8_t *p = b;
	ptc_coder_start(put, time);
	ptc_coder_start(get, time);
	ptc_coder_set_shift(put, (uint8_t)shift);
	ptc_coder_set_shift(get, (uint8_t)shift);
	while (p + PTC_EVENT_MAX < b + PTF_PAYLOAD_BYTES) {
		events[n] = random_event(&time, shift);
		p = ptc_put_event(put, p, &events[n++]);
	}
	struct ptc_cursor c = {.p = b, .end = p};
	for (unsigned i = 0; i < n; i++) {
		struct ptc_event e;
		bad += !ptc_get_event(get, &c, &e) || !same(&e, &events[i]);
	}
	bad += c.p != c.end;
	free(put);
	free(get);
	return bad;
}

TEST("codec: random events survive, at each granule")
{
	uint8_t *b = malloc(PTF_CHUNK_BYTES);
	struct ptc_event *events = malloc(PTF_CHUNK_BYTES * sizeof *events);
	for (unsigned i = 0; i < 60; i++)
		CHECK_EQ(round_trip(b, events, i % 6), 0);
	free(b);
	free(events);
}

TEST("codec: a row of events cut anywhere ends there, at the latest")
{
	uint8_t *b = calloc(1, PTF_CHUNK_BYTES);
	struct ptc_event *events = malloc(PTF_CHUNK_BYTES * sizeof *events), e;
	struct ptc_coder *k = malloc(sizeof *k);
	CHECK_EQ(round_trip(b, events, 4), 0);
	for (unsigned cut = 0; cut < 2000; cut++) {
		struct ptc_cursor c = {.p = b, .end = b + cut};
		unsigned n = 0;
		ptc_coder_start(k, 12345);
		while (c.p < c.end && *c.p >= 0x10 && ptc_get_event(k, &c, &e))
			CHECK(same(&e, &events[n++]));
		CHECK(c.p <= c.end);
	}
	free(b);
	free(events);
	free(k);
}
