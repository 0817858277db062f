/*
 * The census of a CPython process (docs/census.md), read once into plain structures: the last one, completed by
 * the one before it where no instance of a class was left.
 *
 * Each key of the text may be missing: numbers then read as -1, strings as "", lists as empty.  The
 * text comes from a trace file, so nothing is trusted: what has the wrong type reads as missing.
 * All strings belong to the census and live until census_free().
 */
#ifndef DETECT_PYTHON_CENSUS_READER_H
#define DETECT_PYTHON_CENSUS_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/mem.h"

#define CENSUS_UNKNOWN (-1)

struct model;
struct class_stats;

enum census_origin { ORIGIN_UNKNOWN, ORIGIN_USER, ORIGIN_SITE, ORIGIN_STDLIB };

struct census_name {
	int64_t id; /* class id, 0 none */
	const char *name, *module, *file;
	int64_t line;
	enum census_origin origin;
};

struct census_names {
	const char **list;
	uint32_t n;
};

struct census_attribute {
	const char *name;
	int64_t present, distinct;
	struct census_names assigned_by;
};

struct census_base {
	struct census_name name;
	bool heap, dict, weakref, has_slots;
	bool has_dict; /* its instances have a dictionary, whoever of its bases brings it */
	bool init;     /* it has an __init__ in Python */
	struct census_names slots;
	int64_t basic_bytes;
};

struct census_class {
	struct census_name name;
	int64_t live, sampled, n_attribute_sets, weakrefs, dict_seen;
	int64_t basic_bytes, item_bytes;
	const char *attributes_from, *solid_base, *metaclass;
	const char
		*metaclass_foreign; /* a metaclass of a library that may decide about attributes */
	struct census_attribute *attributes;
	struct census_base *bases;
	uint32_t n_attributes, n_bases;
	struct census_names slots, defines, cached_properties, shadowed, dataclass_defaults,
		dict_users;
	struct census_names descriptors; /* attributes whose name a descriptor of a class has */
	bool has_slots, dict, is_dataclass, is_attrs, dataclass_slots, multiple_inheritance;
	int64_t layout_n, layout_bytes; /* measured: sum over layout_n instances */
	int64_t owned_n,
		owned_bytes; /* from a heap graph, beyond the layout: sum over owned_n instances */
};

struct census_cache {
	const char *function, *module, *file;
	int64_t line, max_size, current_size, hits,
		misses; /* max_size: CENSUS_UNKNOWN when unbounded */
};

struct census {
	bool pickle_loaded;
	struct census_class *classes;
	struct census_cache *caches;
	uint32_t n_classes, n_caches;
	struct arena arena;
	void *text, *earlier_text; /* the parsed JSON that the strings point into */
};

/* Census of the trace, or an empty one when it has none that can be read. */
struct census *census_new(const struct model *m);
void census_free(struct census *c);

/* The census entry of a class and the other way round; NULL when there is none. */
const struct census_class *census_class_of(const struct census *c, const struct class_stats *s);
const struct class_stats *census_stats_of(const struct model *m, const struct census_name *n);

bool census_has_name(const struct census_names *names, const char *name);

#endif
