/* See census_sample.h. */
#include "census_sample.h"

#include "heap_index.h"
#include "heap_types.h"
#include "types.h"

#define CHOSEN_MOST 500u
#define CACHES_MOST 1000u
#define SAMPLES_ALL 10000u /* of all classes together */
#define SAMPLES_MOST 1000u /* of one class */
#define SAMPLES_LEAST 20u
#define BUILT_MANY 64u /* a class of which that many were built is listed without instances, too */

struct chosen {
	struct type_info *info;
	void *found; /* a list */
	uint32_t stride, most, n;
	uint32_t skip; /* so many of its objects until the next is taken */
};

/* Protected by the GIL. */
static struct chosen chosen[CHOSEN_MOST];
static uint32_t n_chosen, dice, n_at_least, n_least;
static void *rows, *caches; /* lists */

static const void *type_at(uint32_t i)
{
	return load_pointer(heap_index_at(i), OBJ_TYPE);
}

/* ---- counting ---- */

static void reset(struct type_info *info, void *unused)
{
	(void)unused;
	info->n_live = 0;
	info->chosen = 0;
}

static void count_instances(void)
{
	const void *last = NULL;
	struct type_info *info = NULL;

	for (uint32_t i = 0; i < heap_index_count(); i++) {
		const void *type = type_at(i);

		if (type != last)
			info = types_known(last = type);
		if (info)
			info->n_live++;
	}
}

/* ---- choosing ---- */

static bool is_candidate(const struct type_info *info)
{
	return !(info->traits & TYPE_IS_METACLASS) &&
	       (info->n_live >= n_least || (n_least == 1 && info->n_built >= BUILT_MANY));
}

static void count_candidate(struct type_info *info, void *unused)
{
	(void)unused;
	n_at_least += is_candidate(info);
}

/* Those with most instances, as many as there is room for. */
static void find_least(void)
{
	for (n_least = 1;; n_least *= 2) {
		n_at_least = 0;
		types_each(count_candidate, NULL);
		if (n_at_least <= CHOSEN_MOST || n_least > UINT32_MAX / 2)
			return;
	}
}

static void choose(struct type_info *info, void *unused)
{
	void *found = is_candidate(info) && n_chosen < CHOSEN_MOST ? python.api.PyList_New(0)
	                                                           : NULL;
	(void)unused;
	if (!found)
		return;
	chosen[n_chosen++] = (struct chosen){.info = info, .found = found};
	info->chosen = (uint16_t)n_chosen;
}

/* Uneven steps: what repeats with the instances' number must not fall in step. */
static uint32_t next_step(const struct chosen *c)
{
	dice = (dice * 1103515245u + 12345u) & 0x7fffffffu;
	return 1 + (dice >> 8) % (2 * c->stride - 1);
}

static void choose_classes(void)
{
	uint32_t most;

	find_least();
	types_each(choose, NULL);
	most = n_chosen ? SAMPLES_ALL / n_chosen : 0;
	most = pt_min(most < SAMPLES_LEAST ? SAMPLES_LEAST : most, SAMPLES_MOST);
	for (uint32_t i = 0; i < n_chosen; i++) {
		struct chosen *c = &chosen[i];

		c->most = most;
		c->stride = (c->info->n_live + most - 1) / most;
		/* The first that is met may be one that its constructor has not finished. */
		c->skip = c->stride > 1 ? next_step(c) : 0;
	}
}

/* ---- sampling ---- */

static void consider(struct chosen *c, void *object)
{
	if (c->skip == 0 && c->n < c->most) {
		python.api.PyList_Append(c->found, object);
		c->n++;
		c->skip = next_step(c);
	}
	c->skip -= c->skip > 0;
}

static bool is_cache(const void *type)
{
	const char *name = load_pointer(type, TYPE_NAME);

	return name && strcmp(name, "functools._lru_cache_wrapper") == 0;
}

static void take_samples(void)
{
	const void *last = NULL;
	const struct type_info *info = NULL;
	bool cache = false;

	for (uint32_t i = 0; i < heap_index_count(); i++) {
		const void *type = type_at(i);

		if (type != last) {
			info = types_known(last = type);
			cache = is_cache(type);
		}
		if (info && info->chosen)
			consider(&chosen[info->chosen - 1], heap_index_at(i));
		if (cache && caches && python.api.PyList_Size(caches) < (long)CACHES_MOST)
			python.api.PyList_Append(caches, heap_index_at(i));
	}
}

static void census_sample_drop(void *object)
{
	if (object)
		python.api.Py_DecRef(object);
}

static void make_rows(void)
{
	rows = python.api.PyList_New(0);
	for (uint32_t i = 0; rows && i < n_chosen; i++) {
		const struct type_info *info = chosen[i].info;
		void *row = python.api.Py_BuildValue("(OIIIO)", info->type, info->class_id,
		                                     info->n_built, info->n_live, chosen[i].found);

		if (row)
			python.api.PyList_Append(rows, row);
		census_sample_drop(row);
		census_sample_drop(chosen[i].found);
	}
}

void census_sample_begin(bool with_instances)
{
	dice = 1;
	n_chosen = 0;
	caches = python.api.PyList_New(0);
	types_each(reset, NULL);
	count_instances();
	choose_classes();
	if (with_instances)
		take_samples();
	make_rows();
}

/* ---- answers ---- */

static void *own_or_empty(void *list)
{
	if (list)
		python.api.Py_IncRef(list);
	return list ? list : python.api.PyList_New(0);
}

void *census_sample_types(void *unused, void *arguments)
{
	(void)unused;
	(void)arguments;
	return own_or_empty(rows);
}

void *census_sample_caches(void *unused, void *arguments)
{
	(void)unused;
	(void)arguments;
	return own_or_empty(caches);
}

void census_sample_end(void)
{
	census_sample_drop(rows);
	census_sample_drop(caches);
	rows = caches = NULL;
}
