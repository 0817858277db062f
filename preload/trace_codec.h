/*
 * How records of the trace format become bytes and back: for each put_x() the get_x() beside it.
 *
 * Inline, no libc beyond memory intrinsics, no allocation, no I/O.  A put_ function writes to memory
 * of which the caller has made sure that PTC_EVENT_MAX bytes are left; a get_ function reads through
 * a bounded cursor, never past its end, and returns false when the bytes are no record.  The struct
 * ptc_coder holds what both sides must agree on; it starts empty in every chunk.
 *
 * Tear safety: the tag is stored after the rest of the record, so that a process killed in between
 * leaves a zero tag, the end.  (x86-64 keeps stores in order; the barrier is for the compiler.)
 *
 * Cost, measured on the flat loop: 4-6 ns per event; 2-5 bytes.
 */
#ifndef PT_TRACE_CODEC_H
#define PT_TRACE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "trace_format.h"

#define PTC_RECENT_SLOTS 512u /* more would take the host's place in the first level of the cache */
#define PTC_CONTEXT_SLOTS 256u
#define PTC_SHORT_TAG 0xa0u   /* to 0xbf, and with a time 0xe0 to 0xff */
#define PTC_SHORT_SIZES 1024u /* bytes: below that, an allocation may have one */
#define PTC_EVENT_MAX \
	64u /* bytes of the longest event; general records are bounded by their callers */

/* Reading: bytes [p, end). */
struct ptc_cursor {
	const uint8_t *p;
	const uint8_t *end;
};

/* One alloc or free, decoded. */
struct ptc_event {
	uint64_t address;
	uint64_t size_bytes; /* requested; 0 for frees */
	uint64_t time;       /* units of 2^time_shift ticks, absolute; valid when stamped */
	uint32_t stack;      /* stack id, 0 unknown */
	uint32_t class_id;   /* class of the Python object in it, 0 none or unknown */
	uint8_t op;          /* enum ptf_op */
	uint8_t domain;      /* enum ptf_domain */
	uint8_t align_log2;  /* asked for, 0: not */
	bool stamped;
};

/* What was done, from where; the key of the context table.  Four of them in a line of the cache. */
struct ptc_context {
	uint64_t who;  /* stack | class_id << 32 */
	uint32_t what; /* op | domain << 8 | align_log2 << 16 | 1 << 24 when in use */
	uint32_t
		size_bytes; /* of its last event; of 4 GiB and more the lower half, which is not equal */
};
_Static_assert(sizeof(struct ptc_context) == 16, "a fourth of a line");

struct ptc_coder {
	uint64_t last_granule;
	uint64_t last_time;
	uint64_t last_block, last_block_bytes; /* of the last allocation */
	uint8_t shift;                         /* log2 of the granule */
	uint8_t odd;  /* decoder: bits below the granule of the next event */
	uint8_t last; /* context slot of the last event */
	uint8_t next[PTC_CONTEXT_SLOTS]
		    [2]; /* context slots that followed the last time, and before */
	struct ptc_context context[PTC_CONTEXT_SLOTS];
	uint64_t recent[PTC_RECENT_SLOTS]; /* granules */
};

#define PTC_COMPILER_BARRIER() __asm__ __volatile__("" ::: "memory")

/* ---- integers ---- */

static inline uint8_t *ptc_put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline bool ptc_get_varint(struct ptc_cursor *c, uint64_t *v)
{
	uint64_t r = 0;
	for (unsigned bits = 0; bits < 70; bits += 7) {
		if (c->p >= c->end)
			return false;
		uint8_t byte = *c->p++;
		r |= (uint64_t)(byte & 0x7f) << (bits < 63 ? bits : 63);
		if (!(byte & 0x80)) {
			*v = r;
			return bits < 63 || byte <= 1;
		}
	}
	return false;
}

static inline bool ptc_get_varint32(struct ptc_cursor *c, uint32_t *v)
{
	uint64_t wide;
	if (!ptc_get_varint(c, &wide) || wide > UINT32_MAX)
		return false;
	*v = (uint32_t)wide;
	return true;
}

static inline uint8_t *ptc_put_fixed(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
	return p + bytes;
}

static inline bool ptc_get_fixed(struct ptc_cursor *c, uint64_t *v, unsigned bytes)
{
	if ((uint64_t)(c->end - c->p) < bytes)
		return false;
	uint64_t r = 0;
	for (unsigned i = 0; i < bytes; i++)
		r |= (uint64_t)c->p[i] << (8 * i);
	c->p += bytes;
	*v = r;
	return true;
}

/* A string: at most PTF_MAX_STRING bytes of it. */
static inline uint8_t *ptc_put_string(uint8_t *p, const void *bytes, uint64_t n)
{
	if (n > PTF_MAX_STRING)
		n = PTF_MAX_STRING;
	p = ptc_put_varint(p, n);
	__builtin_memcpy(p, bytes, n);
	return p + n;
}

/* *bytes points into the cursor's memory. */
static inline bool ptc_get_string(struct ptc_cursor *c, const uint8_t **bytes, uint64_t *n)
{
	if (!ptc_get_varint(c, n) || *n > PTF_MAX_STRING || *n > (uint64_t)(c->end - c->p))
		return false;
	*bytes = c->p;
	c->p += *n;
	return true;
}

/* ---- general records, DEFS records: tag | length | payload ---- */

/* Writes a whole record with its tag last, and an end tag behind it; payload may be NULL when n is 0. */
static inline uint8_t *ptc_put_record(uint8_t *p, uint8_t tag, const uint8_t *payload, uint32_t n)
{
	uint8_t *body = ptc_put_varint(p + 1, n);
	if (n)
		__builtin_memcpy(body, payload, n);
	body[n] = 0;
	PTC_COMPILER_BARRIER();
	*(volatile uint8_t *)p = tag;
	return body + n;
}

/* The payload becomes *body; the cursor moves past the record.  False at the end or on damage. */
static inline bool ptc_get_record(struct ptc_cursor *c, uint8_t *tag, struct ptc_cursor *body)
{
	uint64_t n;
	if (c->p >= c->end || *c->p == 0)
		return false;
	*tag = *c->p++;
	if (!ptc_get_varint(c, &n) || n > (uint64_t)(c->end - c->p))
		return false;
	body->p = c->p;
	body->end = c->p + n;
	c->p += n;
	return true;
}

/* ---- events ---- */

/* As at the start of a chunk.  time0: the chunk's `ticks` >> time_shift. */
static inline void ptc_coder_start(struct ptc_coder *k, uint64_t time0)
{
	__builtin_memset(k, 0, sizeof *k);
	k->last_time = time0;
	k->shift = 4;
}

/* A new granule empties what is counted in granules (PTF_E_GRANULE). */
static inline void ptc_coder_set_shift(struct ptc_coder *k, uint8_t shift)
{
	__builtin_memset(k->recent, 0, sizeof k->recent);
	k->last_granule = 0;
	k->shift = shift;
}

static inline uint32_t ptc_recent_slot(uint64_t granule)
{
	return (uint32_t)((granule * 0x9E3779B97F4A7C15ull) >> 55) & (PTC_RECENT_SLOTS - 1);
}

static inline uint8_t ptc_context_slot(uint64_t who, uint32_t what)
{
	return (uint8_t)(((who + ((uint64_t)what << 20)) * 0x9E3779B97F4A7C15ull) >> 56);
}

/* State that follows an event, the same in both directions: who came after whom, ... */
static inline __attribute__((always_inline)) void ptc_coder_follow(uint8_t *next, uint8_t slot)
{
	if (next[0] != slot) {
		next[1] = next[0];
		next[0] = slot;
	}
}

/* ... and what came last. */
static inline __attribute__((always_inline)) void ptc_coder_step(struct ptc_coder *k,
                                                                 uint64_t granule, bool is_alloc,
                                                                 uint64_t address,
                                                                 uint64_t size_bytes)
{
	k->last_granule = granule;
	if (is_alloc) {
		k->last_block = address;
		k->last_block_bytes = size_bytes;
	}
}

/* Where the next allocation is if both are cut from glibc's top chunk. */
static inline uint64_t ptc_bump_granule(const struct ptc_coder *k)
{
	uint64_t chunk = (k->last_block_bytes + 8 + 15) & ~15ull;
	return (k->last_block + (chunk < 32 ? 32 : chunk)) >> k->shift;
}

/* The "what" half of a context key. */
static inline __attribute__((always_inline)) uint32_t ptc_what(unsigned op, unsigned domain,
                                                               unsigned align_log2)
{
	return op | domain << 8 | align_log2 << 16 | 1u << 24;
}

/* How an address is written: the upper half of a tag. */
enum ptc_field {
	PTC_BUMP = 2,
	PTC_NEAR_1 = 3,
	PTC_NEAR_2 = 4,
	PTC_NEAR_3 = 5,
	PTC_FAR = 6,
	PTC_RECENT = 8, /* and 9 */
};

#define PTC_SHORT_STAMPED 0x40u

/* The tag of an allocation in the expected context: holds the upper bits of the size, too. */
static inline __attribute__((always_inline)) unsigned ptc_short_tag(unsigned field,
                                                                    uint64_t size_bytes)
{
	return PTC_SHORT_TAG | (field & 7) << 2 | (unsigned)(size_bytes >> 8);
}

static inline bool ptc_is_short(unsigned tag)
{
	return (tag & PTC_SHORT_TAG) == PTC_SHORT_TAG;
}

/* A context that the table does not hold: written out, and put into the table. */
static __attribute__((noinline, unused)) uint8_t *
ptc_put_new_context(struct ptc_context *ctx, uint8_t *p, uint64_t who, uint32_t what)
{
	uint32_t class_id = (uint32_t)(who >> 32);
	uint8_t align_log2 = (uint8_t)(what >> 16);
	*p++ = (uint8_t)((what & 7) | (PTF_OP_IS_FREE(what & 0xff) ? 8 : 0) | (what >> 8 & 3) << 4 |
	                 (align_log2 ? 0x40 : 0) | (class_id ? 0x80 : 0));
	p = ptc_put_varint(p, (uint32_t)who);
	if (align_log2)
		*p++ = align_log2;
	if (class_id)
		p = ptc_put_varint(p, class_id);
	*ctx = (struct ptc_context){.who = who, .what = what};
	return p;
}

/* An address that is neither recent nor next in line: a difference, or in full. */
static inline __attribute__((always_inline)) uint8_t *ptc_put_far(uint8_t *p, uint64_t granule,
                                                                  int64_t delta, unsigned *field)
{
	uint32_t low = (uint32_t)delta;
	if (__builtin_expect(delta >= -0x8000 && delta < 0x8000, 1)) {
		__builtin_memcpy(p, &low, 4); /* the rest is overwritten */
		if (__builtin_expect(delta >= -0x80 && delta < 0x80, 0)) {
			*field = PTC_NEAR_1;
			return p + 1;
		}
		*field = PTC_NEAR_2;
		return p + 2;
	}
	if (delta >= -0x800000 && delta < 0x800000) {
		*field = PTC_NEAR_3;
		__builtin_memcpy(p, &low, 4);
		return p + 3;
	}
	*field = PTC_FAR;
	__builtin_memcpy(p, &granule, 8);
	return p + 6;
}

/*
 * Writes one event, its tag last, and returns the end.  who: stack | class << 32; what: ptc_what().
 * An address that is no multiple of the granule must have been announced by the caller with
 * PTF_E_ODD or PTF_E_GRANULE; the bits below the granule are ignored here.  Bytes up to PTC_EVENT_MAX
 * behind the tag are scratch; the byte behind the returned end is zero again (the end tag).
 */
static inline __attribute__((always_inline)) uint8_t *ptc_put(struct ptc_coder *k, uint8_t *tag_at,
                                                              uint64_t who, uint32_t what,
                                                              uint64_t address, uint64_t size_bytes,
                                                              bool stamped, uint64_t time)
{
	uint8_t *p = tag_at + 1;
	bool is_alloc = !PTF_OP_IS_FREE(what & 0xff);
	/* CPython's own allocators cut nothing from glibc's top: readers understand it there, too. */
	bool may_bump = is_alloc && (what >> 8 & 3) == PTF_DOMAIN_C;
	uint8_t slot = ptc_context_slot(who, what), *next = k->next[k->last];
	struct ptc_context *ctx = &k->context[slot];
	unsigned tag = 0;

	k->last = slot;
	if (__builtin_expect(ctx->who != who || ctx->what != what, 0)) {
		tag = 3u << 2;
		p = ptc_put_new_context(ctx, p, who, what);
		ptc_coder_follow(next, slot);
	} else if (__builtin_expect(next[0] != slot, 0)) {
		tag = 1u << 2;
		if (next[1] != slot) {
			tag = 2u << 2;
			*p++ = slot;
		}
		ptc_coder_follow(next, slot);
	}

	uint64_t granule = address >> k->shift;
	uint32_t recent = ptc_recent_slot(granule);
	unsigned field = PTC_BUMP;
	if (k->recent[recent] == granule) {
		field = PTC_RECENT + (recent >> 8);
		*p++ = (uint8_t)recent;
	} else {
		k->recent[recent] = granule;
		if (!may_bump || granule != ptc_bump_granule(k))
			p = ptc_put_far(p, granule, (int64_t)(granule - k->last_granule), &field);
	}
	tag |= field << 4;

	if (is_alloc && size_bytes != ctx->size_bytes) {
		ctx->size_bytes = (uint32_t)size_bytes;
		if (!(tag & 0xc) && size_bytes < PTC_SHORT_SIZES) {
			tag = ptc_short_tag(field, size_bytes);
			*p++ = (uint8_t)size_bytes;
		} else {
			tag |= 2;
			p = ptc_put_varint(p, size_bytes);
		}
	}
	if (stamped) {
		tag |= ptc_is_short(tag) ? PTC_SHORT_STAMPED : 1;
		p = ptc_put_varint(p, time - k->last_time);
		k->last_time = time;
	}
	*p = 0;
	ptc_coder_step(k, granule, is_alloc, address, size_bytes);
	PTC_COMPILER_BARRIER();
	*(volatile uint8_t *)tag_at = (uint8_t)tag;
	return p;
}

static inline uint8_t *ptc_put_event(struct ptc_coder *k, uint8_t *tag_at,
                                     const struct ptc_event *e)
{
	return ptc_put(k, tag_at, e->stack | (uint64_t)e->class_id << 32,
	               ptc_what(e->op, e->domain, e->align_log2), e->address, e->size_bytes,
	               e->stamped, e->time);
}

/* ---- reading events: bytes that nobody could predict decide nothing by a branch ---- */

/* What a tag says, so that reading it needs no branches. */
struct ptc_tag {
	uint8_t mode;    /* how the context is encoded: 0, 1 expected, 2 its slot, 3 in full */
	uint8_t base;    /* enum ptc_base */
	uint8_t n_bytes; /* of the address */
	uint8_t unused;  /* of 64 bits, those that are not of these bytes; 0 where there are none */
	uint8_t size;    /* 0 none, 1 a varint, 2 one byte and two bits of the tag */
	uint8_t stamped;
	uint8_t is_valid;
	uint8_t size_bits; /* with size 2: these two bits */
};

/* What the address's bytes are added to. */
enum ptc_base { PTC_BASE_LAST, PTC_BASE_FAR, PTC_BASE_BUMP, PTC_BASE_RECENT };

#define PTC_TAG_SHORT(t) (((t)&PTC_SHORT_TAG) == PTC_SHORT_TAG)
#define PTC_TAG_PART(t) ((t) >> 2 & 7)
#define PTC_TAG_FIELD(t)                                             \
	(!PTC_TAG_SHORT(t)            ? (t) >> 4                     \
	 : PTC_TAG_PART(t) < PTC_BUMP ? PTC_RECENT + PTC_TAG_PART(t) \
	                              : PTC_TAG_PART(t))
#define PTC_FIELD_BASE(f)                      \
	((f) == PTC_FAR      ? PTC_BASE_FAR    \
	 : (f) == PTC_BUMP   ? PTC_BASE_BUMP   \
	 : (f) >= PTC_RECENT ? PTC_BASE_RECENT \
	                     : PTC_BASE_LAST)
#define PTC_FIELD_BYTES(f)                                \
	((f) == PTC_NEAR_1                            ? 1 \
	 : (f) == PTC_NEAR_2                          ? 2 \
	 : (f) == PTC_NEAR_3                          ? 3 \
	 : (f) == PTC_FAR                             ? 6 \
	 : (f) == PTC_RECENT || (f) == PTC_RECENT + 1 ? 1 \
	                                              : 0)
#define PTC_TAG(t)                                                                             \
	{                                                                                      \
		.mode = PTC_TAG_SHORT(t) ? 0 : (t) >> 2 & 3,                                   \
		.base = PTC_FIELD_BASE(PTC_TAG_FIELD(t)),                                      \
		.n_bytes = PTC_FIELD_BYTES(PTC_TAG_FIELD(t)),                                  \
		.unused = (64 - 8 * PTC_FIELD_BYTES(PTC_TAG_FIELD(t))) & 63,                   \
		.size = PTC_TAG_SHORT(t) ? 2 : (t) >> 1 & 1,                                   \
		.stamped = PTC_TAG_SHORT(t) ? !!((t)&PTC_SHORT_STAMPED) : (t)&1,               \
		.is_valid = PTC_TAG_FIELD(t) == PTC_BUMP || PTC_FIELD_BYTES(PTC_TAG_FIELD(t)), \
		.size_bits = (t)&3,                                                            \
	}
#define PTC_TAGS_4(t) PTC_TAG(t), PTC_TAG((t) + 1), PTC_TAG((t) + 2), PTC_TAG((t) + 3)
#define PTC_TAGS_16(t) PTC_TAGS_4(t), PTC_TAGS_4((t) + 4), PTC_TAGS_4((t) + 8), PTC_TAGS_4((t) + 12)
#define PTC_TAGS_64(t) \
	PTC_TAGS_16(t), PTC_TAGS_16((t) + 16), PTC_TAGS_16((t) + 32), PTC_TAGS_16((t) + 48)

static const struct ptc_tag ptc_tags[256] __attribute__((unused)) = {
	PTC_TAGS_64(0), PTC_TAGS_64(64), PTC_TAGS_64(128), PTC_TAGS_64(192)};

/* A varint of at most 8 bytes; 8 can be read at p.  *n its length, 0: it is longer. */
static inline __attribute__((always_inline)) uint64_t ptc_varint_at(const uint8_t *p, unsigned *n)
{
	uint64_t w;
	__builtin_memcpy(&w, p, sizeof w);
	uint64_t stop = ~w & 0x8080808080808080ull;
	if (__builtin_expect(!stop, 0)) {
		*n = 0;
		return 0;
	}
	*n = ((unsigned)__builtin_ctzll(stop) >> 3) + 1;
	w &= (stop ^ (stop - 1)) & 0x7f7f7f7f7f7f7f7full;
	w = (w & 0x007f007f007f007full) | (w & 0x7f007f007f007f00ull) >> 1;
	w = (w & 0x00003fff00003fffull) | (w & 0x3fff00003fff0000ull) >> 2;
	return (w & 0x0fffffffull) | (w & 0x0fffffff00000000ull) >> 4;
}

/* The same for any length: the place behind it, NULL: it is none. */
static inline __attribute__((always_inline)) const uint8_t *ptc_varint_next(const uint8_t *p,
                                                                            uint64_t *v)
{
	unsigned n;
	*v = ptc_varint_at(p, &n);
	if (__builtin_expect(n != 0, 1))
		return p + n;
	struct ptc_cursor c = {p, p + 10};
	return ptc_get_varint(&c, v) ? c.p : NULL;
}

/* A context that is written out goes into the table: *slot_out. */
static __attribute__((noinline, unused)) const uint8_t *
ptc_get_new_context(struct ptc_coder *k, const uint8_t *p, uint8_t *slot_out)
{
	struct ptc_cursor c = {p, p + 16};
	uint8_t flags = *c.p++, align_log2 = 0;
	uint32_t stack, class_id = 0;
	unsigned op = (flags & 7u) + (flags & 8 ? PTF_OP_FREE : 0);
	if (!ptc_get_varint32(&c, &stack))
		return NULL;
	if (flags & 0x40)
		align_log2 = *c.p++;
	if ((flags & 0x80) && !ptc_get_varint32(&c, &class_id))
		return NULL;
	uint64_t who = stack | (uint64_t)class_id << 32;
	uint32_t what = ptc_what(op, flags >> 4 & 3, align_log2);
	*slot_out = ptc_context_slot(who, what);
	k->context[*slot_out] = (struct ptc_context){.who = who, .what = what};
	return c.p;
}

/* The granule of the address whose bytes are at p; `part`: bit 8 of the slot of a recent one. */
static inline __attribute__((always_inline)) uint64_t ptc_granule_at(const struct ptc_coder *k,
                                                                     const uint8_t *p,
                                                                     const struct ptc_tag *tag,
                                                                     unsigned part)
{
	uint64_t w;
	__builtin_memcpy(&w, p, sizeof w);
	const uint64_t base[4] = {k->last_granule, 0, ptc_bump_granule(k),
	                          k->recent[part << 8 | (w & 0xff)]};
	int64_t delta = (int64_t)(w << tag->unused) >> tag->unused;
	static const uint64_t uses[4] = {-1ull, (1ull << 48) - 1, 0, 0};
	return base[tag->base] + ((uint64_t)delta & uses[tag->base]);
}

/* The event at p, of which PTC_EVENT_MAX bytes can be read.  The place behind it, NULL: it is none. */
static inline __attribute__((always_inline)) const uint8_t *
ptc_event_at(struct ptc_coder *k, const uint8_t *p, struct ptc_event *e)
{
	unsigned first = *p++, n;
	const struct ptc_tag *tag = &ptc_tags[first];
	uint8_t *next = k->next[k->last], before = next[0], slot;
	const uint8_t *told[4] = {&next[0], &next[1], p, p};

	slot = *told[tag->mode];
	p += tag->mode == 2;
	if (__builtin_expect(tag->mode == 3, 0) && !(p = ptc_get_new_context(k, p, &slot)))
		return NULL;
	struct ptc_context *ctx = &k->context[slot];
	unsigned part = PTC_TAG_SHORT(first) ? first >> 2 & 1 : first >> 4 & 1;
	uint64_t granule = ptc_granule_at(k, p, tag, part);
	if (__builtin_expect(!tag->is_valid | !(ctx->what >> 24) |
	                             (tag->base == PTC_BASE_RECENT && !granule),
	                     0))
		return NULL;
	p += tag->n_bytes;

	e->stack = (uint32_t)ctx->who;
	e->class_id = (uint32_t)(ctx->who >> 32);
	e->op = (uint8_t)ctx->what;
	e->domain = (uint8_t)(ctx->what >> 8);
	e->align_log2 = (uint8_t)(ctx->what >> 16);
	e->address = (granule << k->shift) | k->odd;
	k->odd = 0;

	bool is_alloc = !PTF_OP_IS_FREE(e->op);
	e->size_bytes = is_alloc ? ctx->size_bytes : 0;
	if (tag->size) {
		uint64_t sizes[2] = {ptc_varint_at(p, &n), (uint64_t)tag->size_bits << 8 | *p};
		if (__builtin_expect(tag->size == 1 && !n, 0)) {
			if (!(p = ptc_varint_next(p, &sizes[0])))
				return NULL;
			n = 0;
		}
		e->size_bytes = sizes[tag->size - 1];
		p += tag->size == 1 ? n : 1;
		ctx->size_bytes = (uint32_t)e->size_bytes;
	}
	e->stamped = tag->stamped;
	if (e->stamped) {
		uint64_t delta;
		if (!(p = ptc_varint_next(p, &delta)))
			return NULL;
		k->last_time += delta;
	}
	e->time = k->last_time;

	if (before != slot) {
		next[1] = before;
		next[0] = slot;
	}
	k->last = slot;
	k->recent[ptc_recent_slot(granule)] = granule;
	ptc_coder_step(k, granule, is_alloc, e->address, e->size_bytes);
	return p;
}

/* The last ones of a chunk, of which the cursor has fewer bytes than an event may have. */
static __attribute__((noinline, unused)) bool
ptc_get_last_event(struct ptc_coder *k, struct ptc_cursor *c, struct ptc_event *e)
{
	uint8_t bytes[2 * PTC_EVENT_MAX] = {0};
	size_t left = (size_t)(c->end - c->p);
	__builtin_memcpy(bytes, c->p, left);
	const uint8_t *end = left ? ptc_event_at(k, bytes, e) : NULL;
	if (!end || end > bytes + left)
		return false;
	c->p += end - bytes;
	return true;
}

/* Reads the event whose tag (>= 0x10) is at the cursor.  False: the bytes are no event. */
static inline bool ptc_get_event(struct ptc_coder *k, struct ptc_cursor *c, struct ptc_event *e)
{
	if (__builtin_expect(c->end - c->p < (int64_t)PTC_EVENT_MAX, 0))
		return ptc_get_last_event(k, c, e);
	const uint8_t *end = ptc_event_at(k, c->p, e);
	if (__builtin_expect(!end, 0))
		return false;
	c->p = end;
	return true;
}

#endif
