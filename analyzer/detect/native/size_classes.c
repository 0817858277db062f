/*
 * slab, in the form of a free list for each size class: an allocation function of the program's own that
 * many places call, for a few sizes.  No single place is worth a pool; the function that all of them go
 * through is where one belongs, and its counterpart that frees.
 *
 * Guards: the lists are one thread's, so no other thread may free; what grows leaves them; and a peak
 * that is hardly ever reached would be hoarded.
 */
#include <stdlib.h>

#include "detect/event_pass.h"
#include "native.h"
#include "util/mem.h"

static struct detector_option options[] = {
	{"classes_min_places", 8, "calls of the function from which it is worth a pool of its own"},
	{"classes_max_place_share", 0.5, "blocks of one call, above which the call is the place"},
	{"classes_max_classes", 8, "size classes of 16 bytes that nearly all blocks are in"},
	{"classes_min_covered", 0.95, "share of the blocks in these classes"},
	{"classes_max_realloc_share", 0.05, "reallocs per allocation"},
	{0},
};

/* Blocks by size class, over the group's sites; the last counts what is larger. */
struct classes {
	uint64_t n[CLASSES_N + 1];
	uint64_t all;
	uint32_t n_places;
	double largest_place; /* share of the blocks */
};

static void count_sizes(const struct site *s, struct classes *c)
{
	uint64_t told = 0;
	struct site_list sizes;

	site_sizes(s, &sizes);
	for (uint32_t i = 0; i < sizes.n; i++) {
		uint64_t class = (sizes.entry[i].key + 15) / 16;
		c->n[class < CLASSES_N ? class : CLASSES_N] += sizes.entry[i].count;
		told += sizes.entry[i].count;
	}
	c->n[CLASSES_N] += s->allocs > told ? s->allocs - told : 0; /* beyond the tally's cap */
	c->all += s->allocs;
}

static struct classes classes_of(const struct groups *gs, const struct group *g)
{
	struct classes c = {.all = 0};
	uint64_t *of_place = mem_zalloc(gs->n + 1, sizeof *of_place), most = 0;

	for (uint32_t i = 0; i < g->n_sites; i++) {
		uint32_t place = companions_place(gs, GROUP_CALL, g->sites[i]);
		const struct site *s = &gs->model->sites[g->sites[i]];
		count_sizes(s, &c);
		c.n_places += place && !of_place[place];
		of_place[place] += s->allocs;
		most = of_place[place] > most ? of_place[place] : most;
	}

	c.largest_place = c.all ? (double)most / (double)c.all : 1;
	free(of_place);
	return c;
}

/* How many classes it takes to hold the share of all blocks; 0: not even all are enough. */
static uint32_t classes_needed(const struct classes *c, double share)
{
	struct classes rest = *c;
	uint64_t held = 0;

	for (uint32_t n = 1; n <= CLASSES_N; n++) {
		uint32_t most = 0;
		for (uint32_t i = 0; i < CLASSES_N; i++)
			most = rest.n[i] > rest.n[most] ? i : most;
		held += rest.n[most];
		rest.n[most] = 0;
		if ((double)held >= share * (double)c->all)
			return n;
	}

	return 0;
}

static bool can_pool(const struct detect *d, const struct group *g)
{
	return g->level == GROUP_HELPER && g->symbol->line && native_churns(d, g) &&
	       (double)g->allocs >= detect_option(d, "native_min_blocks") &&
	       group_frees_share(g) >= detect_option(d, "slab_min_frees_share") &&
	       !g->cross_thread_frees && !g->foreign_frees && g->max_align_log2 <= 4 &&
	       (double)g->reallocs <=
	               detect_option(d, "classes_max_realloc_share") * (double)g->allocs &&
	       !native_would_hoard(d, g);
}

static void report_classes(const struct groups *gs, const struct detect *d, const struct group *g,
                           const struct classes *c, uint32_t n_classes, enum verdict v,
                           double saved_ns, struct findings *out)
{
	char name[200];
	struct finding *x = native_finding(gs, g, out, "slab", v);
	struct plan *p = native_plan(x, POLICY_CLASSES);
	uint64_t blocks = g->peak_live + n_classes;

	p->slot_bytes = CLASSES_HEADER_BYTES;
	finding_title(x, "a free list for each size class in %s: %u sizes, %u calls, %lu blocks",
	              group_name(g, name, sizeof name), n_classes, c->n_places,
	              (unsigned long)g->allocs);
	native_evidence(x, g);
	detect_passed(d, x, "size_classes", n_classes, "", "classes_max_classes", "<=");
	detect_passed(d, x, "calling_places", c->n_places, "", "classes_min_places", ">=");
	finding_add_number(x, "slots", (double)g->peak_live, "");
	native_predict(x, (double)(g->allocs + g->frees - g->reallocs) - (double)blocks, saved_ns,
	               -(double)(g->peak_live * CLASSES_HEADER_BYTES));

	/* How many blocks the lists come to hold depends on how the classes take turns. */
	x->prediction.allocator_calls_saved.low -= (double)g->peak_live * n_classes;
	finding_advice(x,
	               "Keep freed blocks in a list for each size class%s, in this function and in "
	               "the one that frees what it gives. Wrong if some of its blocks are given to "
	               "code that calls free() itself. The lists do not shrink, reused blocks hold "
	               "old data, and sanitizers lose sight of them.",
	               g->n_threads > 1 ? " and thread" : "");
	finding_assumes(x,
	                "assumes that this run is a representative one; locality is not counted");
	sketch_classes(x, g);
}

static void size_classes_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct groups *gs = detect_event_pass(d)->groups;

	for (uint32_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->list[i];
		if (!can_pool(d, g) || group_claimed(gs, d, g) || constructed_around(gs, d, g))
			continue;
		struct classes c = classes_of(gs, g);
		uint32_t n = classes_needed(&c, detect_option(d, "classes_min_covered"));
		if (!n || n > detect_option(d, "classes_max_classes") || n < 2 ||
		    c.n_places < detect_option(d, "classes_min_places") ||
		    c.largest_place > detect_option(d, "classes_max_place_share"))
			continue;
		double saved_ns = (double)g->frees * cost_pair_ns(d, g);
		enum verdict v = native_verdict(m, d, saved_ns, 0);
		if (v != VERDICT_NONE) {
			report_classes(gs, d, g, &c, n, v, saved_ns, out);
			return; /* helpers call helpers: the one with the most blocks */
		}
	}
}

DETECTOR_NAMED(size_classes, "slab", 25, options, size_classes_run,
               "a few sizes that many places ask one function for");
