/*
 * See pools.h.  Slots lie behind one another in spans; nothing is written into a slot before it is first used,
 * so calloc() need not clear what was never used.
 */
#include "enact/pools.h"

#include "base/raw.h"

uint32_t pools_serving;

static void *refuse(struct thread *t, enum enact_fallback why)
{
	t->tally->fallback[why]++;
	return NULL;
}

/* ---- short memory ---- */

#define SHORT 512u

typedef uint64_t word_pair __attribute__((vector_size(16), aligned(16), may_alias));
typedef uint64_t loose_pair __attribute__((vector_size(16), aligned(1), may_alias));

/* Both ends of the memory lie in a slot of whole 16 bytes. */
static void clear(void *p, size_t n)
{
	if (n > SHORT) {
		memset(p, 0, n);
		return;
	}
	for (size_t at = 0; at < n; at += 16)
		*(word_pair *)((char *)p + at) = (word_pair){0, 0};
}

void pools_copy(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (n > SHORT) {
		memcpy(to, from, n);
		return;
	}
	for (; n >= 16; n -= 16, t += 16, f += 16)
		*(loose_pair *)t = *(const loose_pair *)f;
	for (; n; n--)
		*t++ = *f++;
}

/* ---- slab ---- */

static void region_freed(struct pool *pool, uint64_t n);
PT_INLINE void local_free(struct pool *pool, void *p);

/* What other threads have freed. */
static void drain(struct pool *pool)
{
	struct free_slot *f = return_list_take(&pool->returned), *next;
	for (; f; f = next) {
		next = f->next;
		local_free(pool, f);
	}
}

static PT_COLD void *slot_slow(struct pool *pool)
{
	const struct lane *l = pool->lane;

	drain(pool);
	if (pool->list)
		return free_list_pop(&pool->list);
	struct span *s = spans_new(pool, l->chunk_bytes);
	if (!s)
		return refuse(pool->owner, ENACT_NO_MEMORY);
	pool->owner->tally->calls++;
	pool->fresh = s->start + l->slot_bytes;
	pool->fresh_end = s->start + s->bytes / l->slot_bytes * l->slot_bytes;
	return s->start;
}

/* *is_clean: the slot was never used. */
PT_INLINE void *slot_get(struct pool *pool, bool *is_clean)
{
	if (likely(pool->list))
		return free_list_pop(&pool->list);
	*is_clean = true;
	if (likely(pool->fresh < pool->fresh_end)) {
		void *p = pool->fresh;
		pool->fresh += pool->lane->slot_bytes;
		return p;
	}
	*is_clean = false;
	return slot_slow(pool);
}

/* ---- region: each block has a word with its size before it ---- */

#define REGION_HEADER 8u

static bool region_open(struct pool *pool, struct span *s)
{
	if (!s)
		return false;
	pool->now = s;
	pool->fresh = s->start + REGION_HEADER; /* so that blocks are aligned */
	pool->fresh_end = s->start + s->bytes;
	return true;
}

/* Goes on in the next span, a new one if there is none. */
static bool region_next(struct pool *pool)
{
	const struct lane *l = pool->lane;

	if (pool->now && pool->now->next)
		return region_open(pool, pool->now->next);
	if (pool->region_bytes >= l->room_bytes)
		return false;
	struct span *s = spans_new(pool, l->chunk_bytes);
	if (!s)
		return false;
	pool->owner->tally->calls++;
	pool->region_bytes += s->bytes;
	*(pool->now ? &pool->now->next : &pool->first) = s;
	return region_open(pool, s);
}

static PT_COLD bool region_make_room(struct pool *pool, uint64_t need)
{
	if (need + REGION_HEADER > pool->lane->chunk_bytes)
		return refuse(pool->owner, ENACT_TOO_LARGE);
	drain(pool);
	if ((uint64_t)(pool->fresh_end - pool->fresh) >= need)
		return true;
	return region_next(pool) || refuse(pool->owner, ENACT_FULL);
}

static void *region_get(struct pool *pool, size_t n)
{
	uint64_t need = (n + REGION_HEADER + 15) & ~15ull;

	if (unlikely((uint64_t)(pool->fresh_end - pool->fresh) < need) &&
	    !region_make_room(pool, need))
		return NULL;
	uint64_t *header = (uint64_t *)(void *)pool->fresh;
	*header = need - REGION_HEADER;
	pool->fresh += need;
	pool->n_live++;
	return header + 1;
}

static void region_freed(struct pool *pool, uint64_t n)
{
	pool->n_live -= n;
	if (!pool->n_live)
		region_open(pool, pool->first);
}

/* ---- hoist ---- */

static PT_COLD bool hoist_grow(struct pool *pool, size_t n)
{
	uint64_t wanted = n > pool->lane->slot_bytes ? n : pool->lane->slot_bytes;
	if (wanted > PLAN_SLOT_MAX)
		return refuse(pool->owner, ENACT_TOO_LARGE);
	struct span *s = spans_new(pool, wanted);
	if (!s)
		return refuse(pool->owner, ENACT_NO_MEMORY);
	pool->owner->tally->calls++;
	if (pool->first)
		spans_drop(pool->first);
	pool->first = s;
	return true;
}

static void *hoist_get(struct pool *pool, size_t n)
{
	if (unlikely(pool->in_use))
		drain(pool);
	if (pool->in_use)
		return refuse(pool->owner, ENACT_IN_USE);
	if (unlikely(!pool->first || n > pool->first->bytes) && !hoist_grow(pool, n))
		return NULL;
	pool->in_use = true;
	return pool->first->start;
}

/* ---- any ---- */

static void *slab_get(struct thread *t, struct pool *pool, size_t n, size_t align, bool *is_clean)
{
	uint32_t slot = pool->lane->slot_bytes;

	if (unlikely(n > slot))
		return refuse(t, ENACT_TOO_LARGE);
	if (unlikely(align > 16 && (align > SPAN_GRANULE || slot % align)))
		return refuse(t, ENACT_ALIGNMENT);
	return slot_get(pool, is_clean);
}

static void *class_get(struct thread *t, struct pool *pool, size_t n, size_t align, bool *is_clean)
{
	size_t class = n ? (n + 15) / 16 : 1;

	if (unlikely(class >= PLAN_CLASSES))
		return refuse(t, ENACT_TOO_LARGE);
	return slab_get(t, pool + class, n, align, is_clean);
}

PT_INLINE void *serve_joined(struct thread *t, struct pool *pool, size_t n, size_t align, bool zero)
{
	uint8_t policy = pool->lane->policy;
	bool clean = false;
	void *p;

	if (policy == LANE_SLAB)
		p = slab_get(t, pool, n, align, &clean);
	else if (policy == LANE_CLASSES)
		p = class_get(t, pool, n, align, &clean);
	else if (unlikely(align > 16))
		p = refuse(t, ENACT_ALIGNMENT);
	else
		p = policy == LANE_REGION ? region_get(pool, n) : hoist_get(pool, n);
	if (p && zero && !clean)
		clear(p, n);
	return p;
}

PT_HOT void *pools_serve(uint32_t lane, size_t n_bytes, size_t align, bool zero)
{
	struct thread *t = me;
	uint32_t finding = plan.lane[lane].finding;
	bool serves = pools_serving >> finding & 1;

	if (unlikely(t->busy) && threads_join())
		t = me;
	if (unlikely(!serves || t->busy || n_bytes > PLAN_SLOT_MAX)) {
		t->tally->passed[finding]++;
		return !serves   ? NULL
		       : t->busy ? refuse(t, ENACT_NO_THREAD)
		                 : refuse(t, ENACT_TOO_LARGE);
	}

	t->busy = 1;
	pt_signal_fence();
	void *p = serve_joined(t, &t->pools[lane], n_bytes, align, zero);
	pt_signal_fence();
	t->busy = 0;
	(p ? t->tally->served : t->tally->passed)[finding]++;
	return p;
}

PT_INLINE void local_free(struct pool *pool, void *p)
{
	uint8_t policy = pool->lane->policy;

	if (policy == LANE_SLAB)
		free_list_push(&pool->list, p);
	else if (policy == LANE_REGION)
		region_freed(pool, 1);
	else
		pool->in_use = false;
}

PT_HOT void pools_free(struct span *s, void *p)
{
	struct pool *pool = s->pool;
	struct thread *t = me;

	t->tally->freed++;
	if (unlikely(pool->owner != t || t->busy)) {
		return_list_push(&pool->returned, p);
		return;
	}
	t->busy = 1;
	pt_signal_fence();
	local_free(pool, p);
	pt_signal_fence();
	t->busy = 0;
}

size_t pools_usable(const struct span *s, const void *p)
{
	const struct lane *l = s->pool->lane;

	if (l->policy == LANE_SLAB)
		return l->slot_bytes;
	return l->policy == LANE_REGION ? ((const uint64_t *)p)[-1] : s->bytes;
}
