/*
 * Reads the census text with cJSON: one function a kind of entry, each a list of keys.
 *
 * The getters are total: a key that is missing or has another type gives the "not known" value, so
 * that the detectors have one case to think of.
 */
#include "census_reader.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* ---- values ---- */

static int64_t integer_of(const cJSON *v)
{
	if (!cJSON_IsNumber(v) || !(fabs(v->valuedouble) < 9e15))
		return CENSUS_UNKNOWN;
	return (int64_t)v->valuedouble;
}

static int64_t number_of(const cJSON *node, const char *key)
{
	return integer_of(cJSON_GetObjectItemCaseSensitive(node, key));
}

static const char *text_of(const cJSON *node, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(node, key);

	return cJSON_IsString(v) ? v->valuestring : "";
}

static bool truth_of(const cJSON *node, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(node, key));
}

static uint32_t size_of_list(const cJSON *node)
{
	return cJSON_IsArray(node) || cJSON_IsObject(node) ? (uint32_t)cJSON_GetArraySize(node) : 0;
}

/* Strings of a list, the keys of an object, or the "name" of each object in a list. */
static struct census_names names_of(struct census *c, const cJSON *node, const char *key)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(node, key), *item;
	struct census_names names = {0};

	if (!size_of_list(list))
		return names;
	names.list = arena_alloc(&c->arena, size_of_list(list) * sizeof *names.list);
	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsObject(list))
			names.list[names.n++] = item->string;
		else if (cJSON_IsString(item))
			names.list[names.n++] = item->valuestring;
		else if (*text_of(item, "name"))
			names.list[names.n++] = text_of(item, "name");
	}
	return names;
}

/* Room for the entries of a list, and how many. */
static void *entries_of(struct census *c, const cJSON *list, size_t entry_bytes, uint32_t *n)
{
	*n = size_of_list(list);
	return *n ? arena_alloc(&c->arena, *n * entry_bytes) : NULL;
}

static const cJSON *census_reader_list_of(const cJSON *node, const char *key)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(node, key);

	return cJSON_IsArray(list) ? list : NULL;
}

static enum census_origin origin_of(const cJSON *node)
{
	static const char *const words[] = {"", "user", "site", "stdlib"};
	const char *text = text_of(node, "origin");

	for (int i = ORIGIN_USER; i <= ORIGIN_STDLIB; i++)
		if (!strcmp(text, words[i]))
			return i;
	return ORIGIN_UNKNOWN;
}

static struct census_name census_reader_name_of(const cJSON *node)
{
	const char *qualified = text_of(node, "qualname");

	return (struct census_name){
		.id = number_of(node, "id"),
		.name = *qualified ? qualified : text_of(node, "name"),
		.module = text_of(node, "module"),
		.file = text_of(node, "file"),
		.line = number_of(node, "line"),
		.origin = origin_of(node),
	};
}

/* ---- entries ---- */

static void read_attributes(struct census *c, const cJSON *list, struct census_class *k)
{
	const cJSON *item;
	uint32_t n;

	k->attributes = entries_of(c, list, sizeof *k->attributes, &n);
	cJSON_ArrayForEach(item, list)
	{
		k->attributes[k->n_attributes++] = (struct census_attribute){
			.name = text_of(item, "name"),
			.present = number_of(item, "present"),
			.distinct = number_of(item, "distinct"),
			.assigned_by = names_of(c, item, "assigned_by"),
		};
	}
}

static void read_bases(struct census *c, const cJSON *list, struct census_class *k)
{
	const cJSON *item;
	uint32_t n;

	k->bases = entries_of(c, list, sizeof *k->bases, &n);
	cJSON_ArrayForEach(item, list)
	{
		k->bases[k->n_bases++] = (struct census_base){
			.name = census_reader_name_of(item),
			.heap = truth_of(item, "heap"),
			.dict = truth_of(item, "dict"),
			.has_dict = truth_of(item, "has_dict"),
			.weakref = truth_of(item, "weakref"),
			.has_slots = census_reader_list_of(item, "slots") != NULL,
			.slots = names_of(c, item, "slots"),
			.basic_bytes = number_of(item, "basic_bytes"),
			.init = truth_of(item, "init"),
		};
	}
}

static void read_sizes(const cJSON *node, struct census_class *k)
{
	static const char *const parts[] = {"object_bytes", "dict_bytes", "values_bytes",
	                                    "keys_bytes"};
	const cJSON *layout = cJSON_GetObjectItemCaseSensitive(node, "layout");

	k->layout_n = number_of(layout, "n");
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
		k->layout_bytes += number_of(layout, parts[i]) > 0 ? number_of(layout, parts[i])
		                                                   : 0;
}

static bool any_subclass_has_more_bases(const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) if (number_of(item, "n_bases") > 1) return true;
	return false;
}

/* A class attribute of a base does not stand in the way of a slot. */
static struct census_names own_shadowed(struct census *c, const cJSON *node)
{
	const cJSON *list = census_reader_list_of(node, "shadowed"), *item;
	struct census_names names = {0};
	uint32_t n;

	names.list = entries_of(c, list, sizeof *names.list, &n);
	cJSON_ArrayForEach(item,
	                   list) if (!strcmp(text_of(item, "class"), text_of(node, "qualname")))
		names.list[names.n++] = text_of(item, "name");
	return names;
}

static void census_reader_read_class(struct census *c, const cJSON *node, struct census_class *k)
{
	const cJSON *dataclass = cJSON_GetObjectItemCaseSensitive(node, "dataclass");

	k->name = census_reader_name_of(node);
	k->live = number_of(node, "live");
	k->sampled = number_of(node, "sampled");
	k->n_attribute_sets = number_of(node, "n_attribute_sets");
	k->weakrefs = number_of(node, "weakrefs");
	k->dict_seen = number_of(node, "dict_seen");
	k->basic_bytes = number_of(node, "basic_bytes");
	k->item_bytes = number_of(node, "item_bytes");
	k->attributes_from = text_of(node, "attributes_from");
	k->solid_base = text_of(node, "solid_base");
	k->metaclass = text_of(node, "metaclass");
	k->metaclass_foreign = text_of(node, "metaclass_foreign");
	k->has_slots = census_reader_list_of(node, "slots") != NULL;
	k->slots = names_of(c, node, "slots");
	k->defines = names_of(c, node, "defines");
	k->cached_properties = names_of(c, node, "cached_properties");
	k->shadowed = own_shadowed(c, node);
	k->descriptors = names_of(c, node, "descriptors");
	k->is_attrs = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(node, "attrs"));
	k->dict_users = names_of(c, node, "dict_users");
	k->dict = truth_of(node, "dict");
	k->is_dataclass = cJSON_IsObject(dataclass);
	k->dataclass_slots = truth_of(dataclass, "slots");
	k->dataclass_defaults = names_of(c, dataclass, "defaults");
	k->multiple_inheritance =
		any_subclass_has_more_bases(census_reader_list_of(node, "subclasses"));
	read_attributes(c, census_reader_list_of(node, "attributes"), k);
	read_bases(c, census_reader_list_of(node, "bases"), k);
	read_sizes(node, k);
}

static void read_cache(struct census *c, const cJSON *node, struct census_cache *k)
{
	(void)c;
	k->function = text_of(node, "function");
	k->module = text_of(node, "module");
	k->file = text_of(node, "file");
	k->line = number_of(node, "line");
	k->max_size = number_of(node, "maxsize");
	k->current_size = number_of(node, "currsize");
	k->hits = number_of(node, "hits");
	k->misses = number_of(node, "misses");
}

/* ---- the whole ---- */

#define READ_ALL(c, root, member, count, read)                                               \
	do {                                                                                 \
		const cJSON *list_ = census_reader_list_of(root, #member), *item_;           \
		uint32_t n_;                                                                 \
		(c)->member = entries_of(c, list_, sizeof *(c)->member, &n_);                \
		cJSON_ArrayForEach(item_, list_) read(c, item_, &(c)->member[(c)->count++]); \
	} while (0)

/* NULL: there is none, or it is of another kind. */
static cJSON *parse(const char *text)
{
	cJSON *root = text ? cJSON_Parse(text) : NULL;

	if (!strcmp(text_of(root, "schema"), "pooltrace-census-1"))
		return root;
	cJSON_Delete(root);
	return NULL;
}

static struct census_class *find_class(struct census *c, const struct census_name *n)
{
	for (uint32_t i = 0; i < c->n_classes; i++)
		if (c->classes[i].name.id == n->id && !strcmp(c->classes[i].name.name, n->name) &&
		    !strcmp(c->classes[i].name.module, n->module))
			return &c->classes[i];
	return NULL;
}

/* What was seen of instances at a peak, of classes that had none left afterwards. */
static void complete_classes(struct census *c, const cJSON *root)
{
	const cJSON *list = census_reader_list_of(root, "classes"), *item;
	uint32_t room;
	struct census_class *all;

	room = size_of_list(list);
	if (!room)
		return;
	all = arena_alloc(&c->arena, (c->n_classes + room) * sizeof *all);
	if (c->n_classes)
		memcpy(all, c->classes, c->n_classes * sizeof *all);
	c->classes = all;
	cJSON_ArrayForEach(item, list)
	{
		struct census_class k = {0}, *known;

		census_reader_read_class(c, item, &k);
		known = find_class(c, &k.name);
		if (!known)
			c->classes[c->n_classes++] = k;
		else if (known->sampled <= 0 && k.sampled > 0)
			*known = k;
	}
}

struct census *census_new(const struct model *m)
{
	struct census *c = mem_zalloc(1, sizeof *c);
	cJSON *root = c->text = parse(m->trace->census);

	c->pickle_loaded = truth_of(root, "pickle_loaded");
	READ_ALL(c, root, classes, n_classes, census_reader_read_class);
	READ_ALL(c, root, caches, n_caches, read_cache);
	c->earlier_text = parse(m->trace->earlier_census);
	complete_classes(c, c->earlier_text);
	return c;
}

void census_free(struct census *c)
{
	if (!c)
		return;
	arena_release(&c->arena);
	cJSON_Delete(c->text);
	cJSON_Delete(c->earlier_text);
	free(c);
}

static bool census_reader_same_class(const struct census_name *n, const struct class_stats *s)
{
	const char *dot = strrchr(n->name, '.');

	if (n->id > 0)
		return (uint64_t)n->id == s->class_id;
	return !strcmp(n->module, s->module) &&
	       (!strcmp(n->name, s->name) || (dot && !strcmp(dot + 1, s->name)));
}

const struct census_class *census_class_of(const struct census *c, const struct class_stats *s)
{
	for (uint32_t i = 0; i < c->n_classes; i++)
		if (census_reader_same_class(&c->classes[i].name, s))
			return &c->classes[i];
	return NULL;
}

const struct class_stats *census_stats_of(const struct model *m, const struct census_name *n)
{
	for (uint32_t i = 0; i < m->n_classes; i++)
		if (census_reader_same_class(n, &m->classes[i]))
			return &m->classes[i];
	return NULL;
}

bool census_has_name(const struct census_names *names, const char *name)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (!strcmp(names->list[i], name))
			return true;
	return false;
}
