/*
 * The census reader: what is missing or of the wrong type reads as not known, whatever the text.
 */
#include "unit.h"

#include <stdlib.h>

#include "detect/python/census_reader.h"
#include "model/model.h"

static struct census *census_of(const char *text)
{
	static struct trace t;
	static struct model m;

	t = (struct trace){.census = (char *)text};
	m = (struct model){.trace = &t};
	return census_new(&m);
}

#define HEAD "{\"schema\":\"pooltrace-census-1\","

TEST("py_census: a class with its attributes and sizes")
{
	struct census *c = census_of(
		HEAD
		"\"classes\":[{\"id\":7,\"name\":\"Row\",\"qualname\":\"Row\",\"module\":\"app\","
		"\"origin\":\"user\",\"sampled\":2,\"dict\":true,\"slots\":null,"
		"\"attributes\":[{\"name\":\"a\",\"present\":2,\"distinct\":1},{\"name\":\"b\","
		"\"present\":1}],"
		"\"layout\":{\"n\":2,\"object_bytes\":96,\"dict_bytes\":128,\"values_bytes\":80,"
		"\"keys_bytes\":0},"
		"\"shadowed\":[{\"name\":\"a\",\"class\":\"Row\"},{\"name\":\"b\",\"class\":"
		"\"Base\"}]}]}");

	CHECK_EQ(c->n_classes, 1);
	CHECK_EQ(c->classes[0].name.id, 7);
	CHECK_EQ(c->classes[0].name.origin, ORIGIN_USER);
	CHECK(c->classes[0].dict && !c->classes[0].has_slots);
	CHECK_EQ(c->classes[0].n_attributes, 2);
	CHECK_STR(c->classes[0].attributes[1].name, "b");
	CHECK_EQ(c->classes[0].attributes[1].distinct, CENSUS_UNKNOWN);
	CHECK_EQ(c->classes[0].layout_bytes, 304);
	CHECK_EQ(c->classes[0].shadowed.n, 1);
	census_free(c);
}

TEST("py_census: an unbounded cache has no size")
{
	struct census *c = census_of(
		HEAD "\"caches\":[{\"function\":\"f\",\"maxsize\":null,\"currsize\":3}]}");

	CHECK_EQ(c->caches[0].max_size, CENSUS_UNKNOWN);
	CHECK_EQ(c->caches[0].current_size, 3);
	CHECK_EQ(c->caches[0].hits, CENSUS_UNKNOWN);
	census_free(c);
}

TEST("py_census: a class without instances is completed from the census before")
{
	static struct trace t;
	static struct model m;
	struct census *c;

	t.census = HEAD "\"classes\":[{\"id\":1,\"name\":\"A\",\"sampled\":0},"
			"{\"id\":2,\"name\":\"B\",\"sampled\":5}]}";
	t.earlier_census = HEAD "\"classes\":[{\"id\":1,\"name\":\"A\",\"sampled\":9},"
				"{\"id\":2,\"name\":\"B\",\"sampled\":8},"
				"{\"id\":3,\"name\":\"C\",\"sampled\":4}]}";
	m = (struct model){.trace = &t};
	c = census_new(&m);
	CHECK_EQ(c->n_classes, 3);
	CHECK_EQ(c->classes[0].sampled, 9);
	CHECK_EQ(c->classes[1].sampled, 5);
	CHECK_EQ(c->classes[2].sampled, 4);
	census_free(c);
}

TEST("py_census: what has the wrong type is not there")
{
	struct census *c = census_of(
		HEAD "\"classes\":[3,{\"id\":\"x\",\"attributes\":{\"a\":1},\"bases\":7,"
		     "\"live\":1e300,\"slots\":5}],\"caches\":\"none\"}");

	CHECK_EQ(c->n_classes, 2);
	CHECK_EQ(c->classes[1].name.id, CENSUS_UNKNOWN);
	CHECK_EQ(c->classes[1].n_attributes, 0);
	CHECK_EQ(c->classes[1].live, CENSUS_UNKNOWN);
	CHECK_EQ(c->n_caches, 0);
	census_free(c);
}

TEST("py_census: no text, no JSON, another schema: an empty census")
{
	static const char *const texts[] = {NULL, "", "{", "[]",
	                                    "{\"schema\":\"pooltrace-census-9\"}"};

	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct census *c = census_of(texts[i]);

		CHECK_EQ(c->n_classes + c->n_caches, 0);
		census_free(c);
	}
}

TEST("py_census: a text cut at any byte does no harm")
{
	static const char text[] = HEAD "\"classes\":[{\"id\":1,\"attributes\":[{\"name\":\"a\"}],"
					"\"bases\":[{\"name\":\"B\"}]}]}";

	for (size_t n = 0; n < sizeof text - 1; n++) {
		char *cut = strndup(text, n);

		census_free(census_of(cut));
		free(cut);
	}
}
