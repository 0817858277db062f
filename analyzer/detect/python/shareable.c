/*
 * Library objects that are meant to be built once and shared, built again and again: an SSL context that loads the
 * trust store each time, a session with a connection pool of its own for each call.
 *
 * Which ones is knowledge about the libraries, a table here.  The finding is about the program's class whose
 * methods build them, where there is one, and of kind `pool`: what is built too often is a part.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/event_pass.h"
#include "util/mem.h"

static struct detector_option options[] = {
	{"share_min_built", 20, "objects built"},
	{"share_min_ms", 8, "milliseconds that building them took"},
	{"share_win_ms", 50, "the same: a win from here on"},
	{0},
};

struct shareable {
	const char *module, *name;
	bool even_kept; /* also where all are needed at the same time: nothing of a user is in it */
	const char *why;
};

static const struct shareable table[] = {
	{"ssl", "SSLContext", true, "it holds the trust store, and connections only read it"},
	{"pydantic.type_adapter", "TypeAdapter", true,
         "it holds a compiled schema, and validation only reads it"},
	{"jinja2.environment", "Environment", true,
         "it holds the compiled templates, and rendering only reads them"},
	{"jinja2.environment", "Template", true,
         "it holds compiled code, and rendering only reads it"},
	{"requests.sessions", "Session", false,
         "it holds a connection pool that only lasting sessions use again"},
	{"urllib3.poolmanager", "PoolManager", false,
         "it holds a connection pool that only a lasting one uses again"},
	{"httpx", "Client", false,
         "it holds a connection pool that only lasting clients use again"},
	{"httpx", "AsyncClient", false,
         "it holds a connection pool that only lasting clients use again"},
	{"aiohttp.client", "ClientSession", false,
         "it holds a connection pool that only lasting sessions use again"},
	{"sqlalchemy.engine.base", "Engine", false,
         "it holds a connection pool and the cache of compiled statements"},
	{"concurrent.futures.thread", "ThreadPoolExecutor", false, "it starts its threads again"},
	{"concurrent.futures.process", "ProcessPoolExecutor", false,
         "it starts its processes again"},
	{"redis.client", "Redis", false, "it holds a connection pool"},
	{"pymongo.mongo_client", "MongoClient", false,
         "it holds a connection pool and monitoring threads"},
	{"boto3.session", "Session", false, "it loads the description of each service"},
};
#define N_SHAREABLE (sizeof table / sizeof *table)

/* ---- who builds them ---- */

struct builders {
	uint32_t *class_of_slot; /* class of the object in each slot of live memory */
	uint32_t n_slots;
	const struct model *m;
	uint8_t *row_of_class;           /* by class id: row of the table + 1 */
	struct tally owner[N_SHAREABLE]; /* class of the instance in whose method -> objects */
};

static const struct class_stats *class_of_row(const struct model *m, const struct shareable *row)
{
	for (uint32_t i = 0; i < m->n_classes; i++)
		if (!strcmp(m->classes[i].name, row->name) &&
		    !strcmp(m->classes[i].module, row->module))
			return &m->classes[i];
	return NULL;
}

static void built_in(struct builders *b, const struct block *k, uint32_t class_id)
{
	uint8_t row = class_id < b->m->trace->n_classes ? b->row_of_class[class_id] : 0;

	*MEM_AT(b->class_of_slot, b->n_slots, k->slot) = class_id;
	if (row && k->owner_slot && k->owner_slot - 1 < b->n_slots)
		tally_add(&b->owner[row - 1], b->class_of_slot[k->owner_slot - 1], 1, 64);
}

static void on_alloc(void *context, const struct block *k, const struct event *e)
{
	(void)e;
	built_in(context, k, k->class_id);
}

static void on_realloc(void *context, const struct block *old, const struct block *k,
                       const struct event *e)
{
	(void)old;
	on_alloc(context, k, e);
}

static void on_class(void *context, const struct block *k, const struct event *e)
{
	built_in(context, k, e->class_id);
}

static void find_builders(struct builders *b)
{
	struct model_observer observer = {.context = b,
	                                  .what = "looking for what could be shared",
	                                  .on_alloc = on_alloc,
	                                  .on_realloc = on_realloc,
	                                  .on_class = on_class};

	model_scan(b->m, &observer, 1);
}

/* ---- the finding ---- */

/* Time that building them took: theirs, or that of the instances in whose constructor it happened. */
static double building_ms(const struct class_stats *s, const struct class_stats *owner)
{
	double own = (double)s->slow_ns, whole = owner ? (double)owner->slow_ns : 0;

	return (own > whole ? own : whole) / 1e6;
}

static void share_finding(const struct model *m, const struct detect *d,
                          const struct shareable *row, const struct class_stats *s,
                          const struct py_class *owner, struct findings *out)
{
	double ms = building_ms(s, owner->stats);
	struct py_class k = owner->stats ? *owner : (struct py_class){s, NULL};
	struct finding *x = py_class_finding(
		&k, out, "pool",
		ms >= detect_option(d, "share_win_ms") ? VERDICT_WIN : VERDICT_MINOR);
	double saved = (double)s->built - 1;

	if (owner->stats)
		finding_title(x, "%s: builds %s.%s %llu times; share ONE", owner->stats->name,
		              row->module, row->name, (unsigned long long)s->built);
	else
		finding_title(x, "%s.%s: built %llu times; share ONE", row->module, row->name,
		              (unsigned long long)s->built);
	detect_passed(d, x, "built", (double)s->built, "", "share_min_built", ">=");
	finding_add_number(x, "peak_live", (double)s->peak_live, "");
	detect_passed(d, x, "building_ms", ms, "ms", "share_min_ms", ">=");
	finding_add_text(x, "remedy", "share-part");
	finding_advice(
		x,
		"A %s is meant to be built once and shared: %s. Build ONE (a module variable, a "
		"cached function, an argument) and hand it to all that need it.",
		row->name, row->why);
	if (!row->even_kept)
		finding_add_advice(x, "Keep one for each user where settings of a user (headers, "
		                      "credentials) are in it.");
	x->prediction.tier = TIER_MODELLED;
	x->prediction.objects_saved = interval_of(0.5 * saved, saved);
	x->score = m->duration_ns ? ms * 1e6 / (double)m->duration_ns : 0;
	x->confidence = 0.5;
}

/* The class in whose methods most of them are built; .stats NULL: in functions, or in several. */
static struct py_class owner_of(const struct builders *b, const struct tally *owners,
                                const struct class_stats *s, const struct census *c)
{
	const struct tally_entry *top = owners->n ? tally_top(owners) : NULL;
	struct py_class k = {NULL, NULL};

	if (!top || !top->key || top->count < s->built / 2)
		return k;
	k.stats = model_class(b->m, (uint32_t)top->key);
	if (k.stats)
		k.census = census_class_of(c, k.stats);
	return k;
}

/* What a library builds for itself, inside another object of its own, is not the program's to share. */
static bool is_part_of_library(const struct model *m, const struct py_class *owner)
{
	return owner->stats && !py_class_is_users(m, owner);
}

static bool is_built_too_often(const struct shareable *row, const struct class_stats *s,
                               const struct detect *d)
{
	return (double)s->built >= detect_option(d, "share_min_built") &&
	       (row->even_kept || 2 * s->peak_live < s->built);
}

static uint32_t mark_rows(struct builders *b, const struct detect *d)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < N_SHAREABLE; i++) {
		const struct class_stats *s = class_of_row(b->m, &table[i]);

		if (!s || !is_built_too_often(&table[i], s, d))
			continue;
		b->row_of_class[s->class_id] = (uint8_t)(i + 1);
		n++;
	}
	return n;
}

static void shareable_run(const struct model *m, const struct detect *d, struct findings *out)
{
	struct builders b = {.m = m};
	const struct census *c = detect_event_pass(d)->lives.census;

	if (!m->process->python)
		return;
	b.row_of_class = mem_zalloc(m->trace->n_classes + 1, sizeof *b.row_of_class);
	if (mark_rows(&b, d))
		find_builders(&b);
	for (uint32_t i = 0; i < N_SHAREABLE; i++) {
		const struct class_stats *s = class_of_row(m, &table[i]);
		struct py_class owner;

		if (!s || !b.row_of_class[s->class_id])
			continue;
		owner = owner_of(&b, &b.owner[i], s, c);
		if (!is_part_of_library(m, &owner) &&
		    building_ms(s, owner.stats) >= detect_option(d, "share_min_ms"))
			share_finding(m, d, &table[i], s, &owner, out);
		tally_release(&b.owner[i]);
	}
	free(b.row_of_class);
	free(b.class_of_slot);
}

DETECTOR(shareable, 201, options, shareable_run,
         "library objects meant to be shared, built again and again");
