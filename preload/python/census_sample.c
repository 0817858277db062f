/* See census_sample.h. */
#include "census_sample.h"

#include "types.h"

#define CHOSEN_MOST 512u

struct chosen {
	struct type_info *info;
	void *found; /* a list, the census's program keeps it */
	uint32_t stride, most, n;
	uint32_t skip; /* so many of its objects until the next is taken */
};

/* Protected by the GIL. */
static struct chosen chosen[CHOSEN_MOST];
static uint32_t n_chosen, dice;

static void *census_sample_none(void)
{
	python.api.Py_IncRef(python.api._Py_NoneStruct);
	return python.api._Py_NoneStruct;
}

static const void *type_at(void *objects, long i)
{
	return load_pointer(python.api.PyList_GetItem(objects, i), OBJ_TYPE);
}

static void reset(struct type_info *info, void *unused)
{
	(void)unused;
	info->n_live = 0;
}

void *census_sample_count(void *unused, void *objects)
{
	const void *last = NULL;
	struct type_info *info = NULL;

	(void)unused;
	types_each(reset, NULL);
	for (long i = 0, n = python.api.PyList_Size(objects); i < n; i++) {
		const void *type = type_at(objects, i);
		if (type != last)
			info = types_known(last = type);
		if (info)
			info->n_live++;
	}

	return census_sample_none();
}

static long number(void *arguments, long i)
{
	return python.api.PyLong_AsLong(python.api.PyTuple_GetItem(arguments, i));
}

void *census_sample_choose(void *unused, void *arguments)
{
	struct py_thread *t = self_tls ? py_thread_of(self_tls) : NULL;
	const void *type = python.api.PyTuple_GetItem(arguments, 0);
	struct type_info *info = t ? types_find(t, type) : NULL;

	(void)unused;
	if (!info || info->chosen || n_chosen == CHOSEN_MOST)
		return census_sample_none();
	chosen[n_chosen++] = (struct chosen){.info = info,
	                                     .stride = (uint32_t)number(arguments, 1),
	                                     .most = (uint32_t)number(arguments, 2),
	                                     .found = python.api.PyTuple_GetItem(arguments, 3)};
	info->chosen = (uint16_t)n_chosen;
	return census_sample_none();
}

/* Uneven steps: what repeats with the instances' number must not fall in step. */
static uint32_t next_step(const struct chosen *c)
{
	dice = (dice * 1103515245u + 12345u) & 0x7fffffffu;
	return 1 + (dice >> 8) % (2 * c->stride - 1);
}

static void consider(struct chosen *c, void *object)
{
	if (c->skip == 0 && c->n < c->most) {
		python.api.PyList_Append(c->found, object);
		c->n++;
		c->skip = next_step(c);
	}
	c->skip -= c->skip > 0;
}

void *census_sample_take(void *unused, void *arguments)
{
	void *objects = python.api.PyTuple_GetItem(arguments, 0);
	long i = number(arguments, 1), end = i + number(arguments, 2);
	long n = python.api.PyList_Size(objects);
	(void)unused;
	for (end = end < n ? end : n; i < end; i++) {
		const struct type_info *info = types_known(type_at(objects, i));
		if (info && info->chosen)
			consider(&chosen[info->chosen - 1], python.api.PyList_GetItem(objects, i));
	}
	return census_sample_none();
}

void census_sample_end(void)
{
	for (uint32_t i = 0; i < n_chosen; i++)
		chosen[i].info->chosen = 0;
	n_chosen = 0;
	dice = 1;
}
