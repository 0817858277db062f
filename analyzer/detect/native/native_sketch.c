/*
 * Sketches for native findings, in the language of their place; see sketch.h.
 */
#include "detect/native/native.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/sketch.h"
#include "detect/sketch_files.h"
#include "util/mem.h"

#define NUMBER_BYTES 24u

/* The function's name as the first part of identifiers: "ns::Book::add(int)" gives "Book_add". */
static void name_of(const struct group *g, char *name, size_t room)
{
	const char *f = g->symbol->function, *end = f + strcspn(f, "(<[ ");

	if (end == f || !isalpha((unsigned char)*f)) {
		f = "pool";
		end = f + 4;
	}

	const char *scope[3] = {f, f, f};
	for (const char *p = f; p + 1 < end; p++)
		if (p[0] == ':' && p[1] == ':') {
			scope[0] = scope[1];
			scope[1] = p + 2;
		}

	size_t n = 0;
	for (const char *p = scope[0]; p < end && n + 1 < room && n < 48; p++)
		if (isalnum((unsigned char)*p))
			name[n++] = *p;
		else if (n && name[n - 1] != '_')
			name[n++] = '_';

	name[n] = 0;
}

/* What all native sketches say of their place. */
struct place_words {
	char name[64], place[200];
	const char *storage, *threads;
};

static void place_words_of(const struct group *g, struct place_words *w)
{
	name_of(g, w->name, sizeof w->name);
	for (char *p = w->name; g->language == LANGUAGE_RUST && *p; p++)
		*p = (char)tolower((unsigned char)*p);

	group_name(g, w->place, sizeof w->place);
	for (char *p = w->place; *p; p++) /* nothing may end the comment */
		if (p[0] == '*' && p[1] == '/')
			p[1] = '|';

	w->storage = g->n_threads > 1 ? g->language == LANGUAGE_CXX ? "static thread_local"
	                                                            : "static _Thread_local"
	                              : "static";
	w->threads = g->n_threads > 1 ? "one pool a thread; free in the thread that allocated"
	                              : "one thread only";
}

/* Adds the sketch of this name in the group's language; number: what the placeholder `word` stands for, and
 * the same for a second one. */
static void add_sketch(struct finding *x, const struct group *g, const char *sketch,
                       const char *word, uint64_t number, const char *word2, const char *text2)
{
	struct place_words w;
	char digits[NUMBER_BYTES], header[NUMBER_BYTES], classes[NUMBER_BYTES];
	const char *suffix = g->language == LANGUAGE_RUST  ? "rs"
	                     : g->language == LANGUAGE_CXX ? "cc"
	                                                   : "c";
	char *file = mem_printf("%s.%s", sketch, suffix);
	if (g->language == LANGUAGE_CXX && !sketch_file(file)) /* what is C++, too, has one file */
		file[strlen(file) - 1] = 0;

	place_words_of(g, &w);
	snprintf(digits, sizeof digits, "%lu", (unsigned long)number);
	snprintf(header, sizeof header, "%u", CLASSES_HEADER_BYTES);
	snprintf(classes, sizeof classes, "%u", CLASSES_N);
	sketch_add(x, file,
	           (const struct sketch_word[]){{"NAME", w.name},
	                                        {"PLACE", w.place},
	                                        {"STORAGE", w.storage},
	                                        {"THREADS", w.threads},
	                                        {"HEADER_BYTES", header},
	                                        {"N_CLASSES", classes},
	                                        {word, digits},
	                                        {word2, text2},
	                                        {NULL, NULL}});
	free(file);
}

static void add_slots(struct finding *x, const struct group *g, const char *sketch)
{
	char slots[NUMBER_BYTES];
	snprintf(slots, sizeof slots, "%lu", (unsigned long)x->plan->chunk_slots);
	add_sketch(x, g, sketch, "SLOT_BYTES", x->plan->slot_bytes, "CHUNK_SLOTS", slots);
}

void sketch_slab(struct finding *x, const struct group *g)
{
	add_slots(x, g, "slab");
}

void sketch_ring(struct finding *x, const struct group *g)
{
	add_slots(x, g, "return_ring");
}

void sketch_classes(struct finding *x, const struct group *g)
{
	add_sketch(x, g, "size_classes", NULL, 0, NULL, NULL);
}

void sketch_region(struct finding *x, const struct group *g)
{
	add_sketch(x, g, "region", "CHUNK_BYTES", x->plan->chunk_bytes, NULL, NULL);
}

void sketch_hoist(struct finding *x, const struct group *g)
{
	add_sketch(x, g, "hoist", "BUFFER_BYTES", x->plan->slot_bytes, NULL, NULL);
}

void sketch_reserve(struct finding *x, const struct group *g)
{
	add_sketch(x, g, "reserve", "RESERVE_BYTES", x->plan->reserve_bytes, NULL, NULL);
}

void sketch_grow(struct finding *x, const struct group *g)
{
	add_sketch(x, g, "grow", NULL, 0, NULL, NULL);
}

void sketch_bound(struct finding *x, const struct group *g)
{
	add_sketch(x, g, "bound", "MOST_ENTRIES", x->plan->max_blocks, NULL, NULL);
}

/* The slab of a slot, then its parts as members of a struct. */
void sketch_bundle(struct finding *x, const struct group *const *parts, uint32_t n)
{
	const struct group *g = parts[0];
	const char *member = g->language == LANGUAGE_RUST ? "part%u: %lu bytes; "
	                     : g->language == LANGUAGE_CXX
	                             ? "alignas(16) unsigned char part%u[%lu];\n\t"
	                             : "_Alignas(16) unsigned char part%u[%lu];\n\t";
	char members[2048];
	size_t used = 0;

	for (uint32_t i = 0; i < n && used < sizeof members - 80; i++)
		used += (size_t)snprintf(members + used, sizeof members - used, member, i,
		                         (unsigned long)native_slot_bytes(parts[i]));
	while (used && isspace((unsigned char)members[used - 1]))
		members[--used] = 0;

	add_slots(x, g, "slab");
	add_sketch(x, g, "bundle", "SLOT_BYTES", x->plan->slot_bytes, "PARTS", members);
}
