/* Rules of the native detectors that need no trace. */
#include "unit.h"

#include <stdlib.h>

#include "detect/native/growth_trend.h"

TEST("native: functions that keep things are known by a word of their name, not by part of one")
{
	static const char *const stores[] = {"cache_put",
	                                     "LruCache::add(int)",
	                                     "memoize",
	                                     "symbol_lookup",
	                                     "std::map<..>::_M_insert_unique",
	                                     "registerHandler",
	                                     "doInsert",
	                                     "store",
	                                     "remembered_keys"};
	static const char *const others[] = {"main",       "memory_copy",    "restore_state",
	                                     "storefront", "internal_parse", "reinsertion",
	                                     "cachet",     "decached"};
	for (unsigned i = 0; i < sizeof stores / sizeof *stores; i++)
		CHECK(growth_trend_is_store_name(stores[i]));
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		CHECK(!growth_trend_is_store_name(others[i]));
}

/* ---- growth_trend_may_rise() ---- */

#define PER_POINT 100u /* allocations between two points of the timeline */

/* A model of two sites whose live bytes at each moment the test sets, and the group of both. */
struct course {
	struct model *m;
	struct groups gs;
	struct group g;
	struct site site[2];
	struct site_more more[2];
	uint64_t live_at[2][MODEL_TIMES];
	uint32_t ids[2];
};

static void course_new(struct course *c)
{
	*c = (struct course){.ids = {0, 1}};
	c->m = calloc(1, sizeof *c->m);
	for (uint32_t i = 0; i < MODEL_TIMELINE; i++)
		c->m->timeline[i] = (struct model_point){.allocs = (i + 1) * PER_POINT,
		                                         .frees = (i + 1) * PER_POINT / 2};
	c->m->totals.allocs = MODEL_TIMELINE * PER_POINT;
	c->m->totals.frees = MODEL_TIMELINE * PER_POINT / 2;
	c->m->sites = c->site;
	c->m->n_sites = 2;

	for (uint32_t i = 0; i < 2; i++) {
		c->more[i].live_bytes_at = c->live_at[i];
		c->site[i].more = &c->more[i];
		c->site[i].peak_live_blocks = 10;
	}
	c->gs.model = c->m;
	c->g.sites = c->ids;
	c->g.n_sites = 2;
	c->g.allocs = c->m->totals.allocs;
}

static bool course_may_rise(struct course *c)
{
	return growth_trend_may_rise(&c->gs, &c->g);
}

TEST("native: only what goes up and down all the time is known not to rise before the events are "
     "read")
{
	struct course c;

	course_new(&c);
	for (uint32_t i = 0; i < MODEL_TIMES; i++)
		c.live_at[0][i] = i % 2 ? 9000 : 1000;
	CHECK(!course_may_rise(&c));

	/* Each swings, and together they rise. */
	for (uint32_t i = 0; i < MODEL_TIMES; i++)
		c.live_at[1][i] = 10000 + 500 * i - c.live_at[0][i];
	CHECK(course_may_rise(&c));
	free(c.m);
}

TEST("native: what may be a teardown, and what lies between two distant moments, needs the events")
{
	struct course c;

	course_new(&c);
	for (uint32_t i = 0; i < MODEL_TIMES; i++)
		c.live_at[0][i] = i % 2 ? 9000 : 1000;
	CHECK(!course_may_rise(&c));
	c.site[0].peak_live_blocks = c.g.allocs / 2;
	CHECK(course_may_rise(&c));

	c.site[0].peak_live_blocks = 10;
	for (uint32_t i = 0; i < MODEL_TIMELINE / 2;
	     i++) /* half of all events before the first moment */
		c.m->timeline[i].allocs = c.m->totals.allocs / 2;
	CHECK(course_may_rise(&c));
	free(c.m);
}

TEST("native: a line as straight as a leak's is never left out, however it is disturbed")
{
	uint64_t random = 88172645463325252u;
	struct course c;

	course_new(&c);
	for (uint32_t round = 0; round < 500; round++) {
		uint32_t begins = round % 20;
		for (uint32_t i = 0; i < MODEL_TIMES; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			c.live_at[0][i] = i < begins ? 0 : 1000 * (i + 1 - begins) + random % 1000;
		}
		CHECK(course_may_rise(&c));
	}
	free(c.m);
}
