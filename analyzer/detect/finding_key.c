/* See finding_key.h. */
#include "detect/finding_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/site_key.h"
#include "util/mem.h"

#define FRAMES 3u /* of the first site, from the one that it is named after */

static uint64_t add_text(uint64_t h, const char *text)
{
	for (const char *c = text; *c; c++)
		h = (h ^ (unsigned char)*c) * 0x100000001b3ull;
	return h * 0x100000001b3ull;
}

static uint64_t add_frame(uint64_t h, const struct symbol *s)
{
	const char *slash = strrchr(s->file, '/');
	h = add_text(add_text(h, s->function), slash ? slash + 1 : s->file);
	return (h ^ s->line) * 0x100000001b3ull;
}

static uint64_t hash_of_place(const struct model *m, const struct finding *x)
{
	uint64_t h = add_text(0xcbf29ce484222325ull, x->kind);
	const struct class_stats *c = x->class_id ? model_class(m, x->class_id) : NULL;

	if (c)
		return add_text(add_text(h, c->module), c->name);
	if (x->ancestor_frame)
		return add_frame(h, model_frame_symbol(m, x->ancestor_frame));
	if (!x->n_sites)
		return h;
	struct stack_view v = model_site_stack(m, &m->sites[x->sites[0]]);
	for (uint32_t i = v.named; i < v.n && i < v.named + FRAMES; i++)
		h = add_frame(h, v.frames[i]);
	return h;
}

static char *symbolic_place(const struct model *m, const struct finding *x)
{
	const struct class_stats *c = x->class_id ? model_class(m, x->class_id) : NULL;

	if (c)
		return mem_printf("%s.%s", c->module, c->name);
	if (x->ancestor_frame)
		return site_key_frame(model_frame_symbol(m, x->ancestor_frame));
	return x->n_sites ? site_key_path(m, &m->sites[x->sites[0]], FRAMES) : mem_strdup("");
}

char *finding_symbolic_name(const struct model *m, const struct finding *x)
{
	char *place = symbolic_place(m, x);
	char *name = *place ? mem_printf("%s %s", x->kind, place) : mem_strdup(x->kind);
	free(place);
	return name;
}

static bool is_taken(const struct findings *f, uint32_t before, const char *key)
{
	for (uint32_t i = 0; i < before; i++)
		if (!strcmp(f->list[i]->key, key))
			return true;
	return false;
}

void finding_keys(const struct model *m, struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct finding *x = f->list[i];
		uint64_t h = hash_of_place(m, x);
		do {
			snprintf(x->key, sizeof x->key, "%08x", (unsigned)(h ^ h >> 32));
			h = h * 0x100000001b3ull + 1;
		} while (is_taken(f, i, x->key));
	}
}
