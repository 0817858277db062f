/*
 * Opened ELF files of all traces of a command, by path and build id; see object.h.
 *
 * Reading the tables of libc once per process would make the report of a process tree cost a thousand
 * times its traces.  The cache keeps every file until the command ends: the processes of a tree share
 * almost all of them.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "symbols/object.h"
#include "util/mem.h"

struct cached_object {
	struct object *object; /* NULL when the file cannot be used, see state */
	enum module_state state;
	uint32_t n_key;
	UT_hash_handle hh;
	char key[]; /* path, zero byte, build id */
};

static struct cached_object *cache;

static struct cached_object *cached_new(const struct trace_module *m)
{
	size_t n_path = strlen(m->path) + 1, n_key = n_path + m->n_build_id;
	struct cached_object *c = mem_zalloc(1, sizeof *c + n_key);

	c->n_key = (uint32_t)n_key;
	memcpy(c->key, m->path, n_path);
	if (m->n_build_id)
		memcpy(c->key + n_path, m->build_id, m->n_build_id);
	return c;
}

struct object *object_shared(const struct trace_module *m, enum module_state *state)
{
	struct cached_object *wanted = cached_new(m), *c;

	HASH_FIND(hh, cache, wanted->key, wanted->n_key, c);
	if (c) {
		free(wanted);
	} else {
		c = wanted;
		c->object = object_open(m, &c->state);
		HASH_ADD_KEYPTR(hh, cache, c->key, c->n_key, c);
	}
	*state = c->state;
	return c->object;
}
