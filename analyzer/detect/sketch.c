/*
 * The code that a finding proposes: short, whole, and specialised to its sizes, so that it compiles as
 * it stands.  C for C sites, C++ for C++ ones.  The policies are exactly those that are replayed.
 *
 * Each sketch begins with a comment: for which place, from which run, and when it is wrong.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/native/native.h"

/* The function's name as the first part of identifiers: "ns::Book::add(int)" gives "Book_add". */
static void sketch_name_of(const struct group *g, char *name, size_t room)
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

struct words {
	char name[64], place[200];
	const char *local; /* storage class of the pool */
	const char *threads;
};

static void words_of(const struct group *g, struct words *w)
{
	sketch_name_of(g, w->name, sizeof w->name);
	group_name(g, w->place, sizeof w->place);
	for (char *p = w->place; *p; p++) /* nothing may end the comment */
		if (p[0] == '*' && p[1] == '/')
			p[1] = '|';
	w->local = g->n_threads > 1 ? g->cxx ? "static thread_local" : "static _Thread_local"
	                            : "static";
	w->threads = g->n_threads > 1 ? "one pool a thread; free in the thread that allocated"
	                              : "one thread only";
}

static void slab_c(struct finding *x, const struct words *w, uint64_t slot, uint64_t slots)
{
	finding_sketch(x, "c",
	               "/* Slab for %s: %s.\n"
	               " * Wrong if a block outgrows its slot or is freed elsewhere; slots are not "
	               "cleared, chunks\n"
	               " * are kept, sanitizers see one block per chunk. */\n"
	               "#include <stdlib.h>\n\n"
	               "union %s_slot {\n\tunion %s_slot *next;\n\t_Alignas(16) unsigned char "
	               "bytes[%lu];\n};\n"
	               "%s union %s_slot *%s_list;\n\n"
	               "void *%s_get(void)\n{\n"
	               "\tif (!%s_list) {\n"
	               "\t\tunion %s_slot *chunk = malloc(%lu * sizeof *chunk);\n"
	               "\t\tif (!chunk)\n\t\t\treturn NULL;\n"
	               "\t\tfor (size_t i = %lu; i-- > 0; %s_list = &chunk[i])\n"
	               "\t\t\tchunk[i].next = %s_list;\n"
	               "\t}\n"
	               "\tunion %s_slot *slot = %s_list;\n"
	               "\t%s_list = slot->next;\n"
	               "\treturn slot;\n}\n\n"
	               "void %s_put(void *p)\n{\n"
	               "\tunion %s_slot *slot = p;\n"
	               "\tslot->next = %s_list;\n"
	               "\t%s_list = slot;\n}\n",
	               w->place, w->threads, w->name, w->name, (unsigned long)slot, w->local,
	               w->name, w->name, w->name, w->name, w->name, (unsigned long)slots,
	               (unsigned long)slots, w->name, w->name, w->name, w->name, w->name, w->name,
	               w->name, w->name, w->name);
}

static void slab_cxx(struct finding *x, const struct words *w, uint64_t slot, uint64_t slots)
{
	finding_sketch(
		x, "cxx",
		"// Slab for %s: %s.\n"
		"// Use: new (%s_get()) T(...), then p->~T(), %s_put(p); or as the class's "
		"operator new/delete.\n"
		"// Wrong if a block outgrows its slot or is freed elsewhere; chunks are kept.\n"
		"#include <cstddef>\n#include <new>\n\n"
		"union %s_slot {\n\t%s_slot *next;\n\talignas(16) unsigned char bytes[%lu];\n};\n"
		"%s %s_slot *%s_list;\n\n"
		"void *%s_get()\n{\n"
		"\tif (!%s_list) {\n"
		"\t\tauto *chunk = static_cast<%s_slot *>(::operator new(%lu * sizeof(%s_slot)));\n"
		"\t\tfor (std::size_t i = %lu; i-- > 0; %s_list = &chunk[i])\n"
		"\t\t\tchunk[i].next = %s_list;\n"
		"\t}\n"
		"\t%s_slot *slot = %s_list;\n"
		"\t%s_list = slot->next;\n"
		"\treturn slot;\n}\n\n"
		"void %s_put(void *p)\n{\n"
		"\tauto *slot = static_cast<%s_slot *>(p);\n"
		"\tslot->next = %s_list;\n"
		"\t%s_list = slot;\n}\n",
		w->place, w->threads, w->name, w->name, w->name, w->name, (unsigned long)slot,
		w->local, w->name, w->name, w->name, w->name, w->name, (unsigned long)slots,
		w->name, (unsigned long)slots, w->name, w->name, w->name, w->name, w->name, w->name,
		w->name, w->name, w->name);
}

void sketch_slab(struct finding *x, const struct group *g)
{
	struct words w;
	words_of(g, &w);
	(g->cxx ? slab_cxx : slab_c)(x, &w, x->plan->slot_bytes, x->plan->chunk_slots);
}

void sketch_classes(struct finding *x, const struct group *g)
{
	struct words w;

	words_of(g, &w);
	const char *n = w.name;
	finding_sketch(x, g->cxx ? "cxx" : "c",
	               "/* A free list for each size class of %s: %s.\n"
	               " * Wrong if a block of %s_get() goes to free(). */\n"
	               "#include <stddef.h>\n#include <stdlib.h>\n\n"
	               "union %s_block {\n"
	               "\tsize_t size_class;\n"
	               "\tunion %s_block *next;\n"
	               "\tchar room[%u];\n"
	               "};\n"
	               "%s union %s_block *%s_lists[%u];\n\n"
	               "void *%s_get(size_t bytes)\n{\n"
	               "\tsize_t size_class = (bytes + 15) / 16;\n"
	               "\tunion %s_block *b = size_class < %u ? %s_lists[size_class] : NULL;\n"
	               "\tif (b) {\n"
	               "\t\t%s_lists[size_class] = b[1].next;\n"
	               "\t\treturn b + 1;\n"
	               "\t}\n"
	               "\tb = (union %s_block *)malloc((2 + size_class) * sizeof *b);\n"
	               "\tif (!b)\n\t\treturn NULL;\n"
	               "\tb->size_class = size_class;\n"
	               "\treturn b + 1;\n}\n\n"
	               "void %s_put(void *p)\n{\n"
	               "\tunion %s_block *b = (union %s_block *)p - 1;\n"
	               "\tsize_t size_class = b->size_class;\n"
	               "\tif (size_class >= %u) {\n\t\tfree(b);\n\t\treturn;\n\t}\n"
	               "\tb[1].next = %s_lists[size_class];\n"
	               "\t%s_lists[size_class] = b;\n}\n",
	               w.place, w.threads, n, n, n, CLASSES_HEADER_BYTES, w.local, n, n, CLASSES_N,
	               n, n, CLASSES_N, n, n, n, n, n, n, CLASSES_N, n, n);
}

void sketch_ring(struct finding *x, const struct group *g)
{
	struct words w;
	const struct plan *p = x->plan;
	unsigned long slots = (unsigned long)p->chunk_slots;

	words_of(g, &w);
	const char *n = w.name;
	if (!g->cxx)
		finding_sketch(
			x, "c",
			"/* Pool with a way back for %s: the maker calls %s_get(), any thread "
			"%s_put().\n"
			" * One maker; with several, make it _Thread_local and keep the owner in "
			"the slot. Wrong if\n"
			" * blocks are put after the maker has ended. */\n"
			"#include <stdatomic.h>\n#include <stdlib.h>\n\n"
			"union %s_slot {\n\tunion %s_slot *next;\n\t_Alignas(16) unsigned char "
			"bytes[%lu];\n};\n"
			"static union %s_slot *%s_list;\nstatic _Atomic(union %s_slot *) "
			"%s_returned;\n\n"
			"void *%s_get(void)\n{\n"
			"\tif (!%s_list)\n\t\t%s_list = atomic_exchange(&%s_returned, NULL);\n"
			"\tif (!%s_list) {\n"
			"\t\tunion %s_slot *chunk = malloc(%lu * sizeof *chunk);\n"
			"\t\tif (!chunk)\n\t\t\treturn NULL;\n"
			"\t\tfor (size_t i = %lu; i-- > 0; %s_list = "
			"&chunk[i])\n\t\t\tchunk[i].next = %s_list;\n"
			"\t}\n"
			"\tunion %s_slot *slot = %s_list;\n\t%s_list = slot->next;\n\treturn "
			"slot;\n}\n\n"
			"void %s_put(void *p)\n{\n"
			"\tunion %s_slot *slot = p;\n\tslot->next = atomic_load(&%s_returned);\n"
			"\twhile (!atomic_compare_exchange_weak(&%s_returned, &slot->next, "
			"slot))\n\t\t;\n}\n",
			w.place, n, n, n, n, (unsigned long)p->slot_bytes, n, n, n, n, n, n, n, n,
			n, n, slots, slots, n, n, n, n, n, n, n, n, n);
	else
		finding_sketch(
			x, "cxx",
			"// Pool with a way back for %s: the maker calls %s_get(), any thread "
			"%s_put().\n"
			"// One maker; with several, make it thread_local and keep the owner in "
			"the slot. Wrong if\n"
			"// blocks are put after the maker has ended.\n"
			"#include <atomic>\n#include <cstddef>\n#include <new>\n\n"
			"union %s_slot {\n\t%s_slot *next;\n\talignas(16) unsigned char "
			"bytes[%lu];\n};\n"
			"static %s_slot *%s_list;\nstatic std::atomic<%s_slot *> %s_returned;\n\n"
			"void *%s_get()\n{\n"
			"\tif (!%s_list)\n\t\t%s_list = %s_returned.exchange(nullptr);\n"
			"\tif (!%s_list) {\n"
			"\t\tauto *chunk = static_cast<%s_slot *>(::operator new(%lu * "
			"sizeof(%s_slot)));\n"
			"\t\tfor (std::size_t i = %lu; i-- > 0; %s_list = "
			"&chunk[i])\n\t\t\tchunk[i].next = %s_list;\n"
			"\t}\n"
			"\t%s_slot *slot = %s_list;\n\t%s_list = slot->next;\n\treturn slot;\n}\n\n"
			"void %s_put(void *p)\n{\n"
			"\tauto *slot = static_cast<%s_slot *>(p);\n\tslot->next = "
			"%s_returned.load();\n"
			"\twhile (!%s_returned.compare_exchange_weak(slot->next, slot)) "
			"{\n\t}\n}\n",
			w.place, n, n, n, n, (unsigned long)p->slot_bytes, n, n, n, n, n, n, n, n,
			n, n, slots, n, slots, n, n, n, n, n, n, n, n, n);
}

static void region_c(struct finding *x, const struct words *w, uint64_t chunk)
{
	const char *n = w->name;

	finding_sketch(
		x, "c",
		"/* Region for what is allocated under %s: bump allocation, one reset a round.\n"
		" * Wrong if a block is used after the reset, or rounds overlap. Largest block: a "
		"chunk less 16. */\n"
		"#include <stdlib.h>\n\n"
		"enum { %s_chunk_bytes = %lu };\n"
		"static struct %s_chunk { struct %s_chunk *next; size_t used; } *%s_first, "
		"*%s_now;\n\n"
		"void *%s_get(size_t bytes)\n{\n"
		"\tbytes = (bytes + 15) & ~(size_t)15;\n"
		"\tif (!%s_now || %s_now->used + bytes > %s_chunk_bytes) {\n"
		"\t\tstruct %s_chunk **at = %s_now ? &%s_now->next : &%s_first;\n"
		"\t\tif (!*at && (*at = malloc(%s_chunk_bytes)))\n"
		"\t\t\t(*at)->next = NULL;\n"
		"\t\tif (!*at || bytes > %s_chunk_bytes - sizeof **at)\n\t\t\treturn NULL;\n"
		"\t\t%s_now = *at;\n\t\t%s_now->used = sizeof **at;\n"
		"\t}\n"
		"\tvoid *p = (char *)%s_now + %s_now->used;\n\t%s_now->used += bytes;\n\treturn "
		"p;\n}\n\n"
		"void %s_reset(void)\n{\n"
		"\t%s_now = %s_first;\n\tif (%s_now)\n\t\t%s_now->used = sizeof *%s_now;\n}\n",
		w->place, n, (unsigned long)chunk, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n,
		n, n, n, n, n, n, n, n, n);
}

static void region_cxx(struct finding *x, const struct words *w, uint64_t bytes)
{
	const char *n = w->name;

	finding_sketch(
		x, "cxx",
		"// Region for what is allocated under %s: give the containers of a round\n"
		"// (std::pmr::map, std::pmr::string, ...) a resource over one buffer that is "
		"kept.\n"
		"// Wrong if anything outlives the round, or rounds overlap on several threads.\n"
		"#include <cstddef>\n#include <memory_resource>\n\n"
		"struct %s_region {\n"
		"\tstatic constexpr std::size_t bytes = %lu;\n"
		"\tstatic void *buffer()\n\t{\n"
		"\t\tstatic void *const kept = ::operator new(bytes);\n\t\treturn kept;\n\t}\n"
		"\tstd::pmr::monotonic_buffer_resource resource{buffer(), bytes};\n"
		"};\n\n"
		"// %s_region region; std::pmr::vector<int> v(&region.resource);\n",
		w->place, n, (unsigned long)bytes, n);
}

void sketch_region(struct finding *x, const struct group *g)
{
	struct words w;
	words_of(g, &w);
	if (g->cxx)
		region_cxx(x, &w, x->plan->chunk_bytes);
	else
		region_c(x, &w, x->plan->chunk_bytes);
}

void sketch_hoist(struct finding *x, const struct group *g)
{
	struct words w;
	unsigned long bytes = (unsigned long)x->plan->slot_bytes;

	words_of(g, &w);
	if (g->cxx)
		finding_sketch(
			x, "cxx",
			"// One buffer for %s, kept; for containers: make it %s and clear() it.\n"
			"// Wrong if the function calls itself or the buffer escapes.\n"
			"#include <cstddef>\n#include <vector>\n\n"
			"std::byte *%s_buffer(std::size_t bytes)\n{\n"
			"\t%s std::vector<std::byte> kept(%lu);\n"
			"\tif (bytes > kept.size())\n\t\tkept.resize(bytes);\n"
			"\treturn kept.data();\n}\n",
			w.place, w.local, w.name, w.local, bytes);
	else
		finding_sketch(x, "c",
		               "/* One buffer for %s, kept; do not free what it returns.\n"
		               " * Wrong if the function calls itself or the buffer escapes. */\n"
		               "#include <stdlib.h>\n\n"
		               "void *%s_buffer(size_t bytes)\n{\n"
		               "\t%s void *kept;\n\t%s size_t room;\n"
		               "\tif (bytes > room || !kept) {\n"
		               "\t\tfree(kept);\n"
		               "\t\troom = bytes > %lu ? bytes : %lu;\n"
		               "\t\tkept = malloc(room);\n"
		               "\t}\n"
		               "\treturn kept;\n}\n",
		               w.place, w.name, w.local, w.local, bytes, bytes);
}

void sketch_reserve(struct finding *x, const struct group *g)
{
	struct words w;
	unsigned long bytes = (unsigned long)x->plan->reserve_bytes;

	words_of(g, &w);
	if (g->cxx)
		finding_sketch(x, "cxx",
		               "// For the containers that grow in %s: call it on each new one.\n"
		               "// Wrong for those that mostly stay small.\n"
		               "#include <string>\n#include <vector>\n\n"
		               "template <class Container> void %s_reserve(Container &c)\n{\n"
		               "\tc.reserve(%lu / sizeof(typename Container::value_type));\n}\n"
		               "template void %s_reserve(std::vector<double> &);\n",
		               w.place, w.name, bytes, w.name);
	else
		finding_sketch(x, "c",
		               "/* For the buffers that grow in %s: start with this room instead.\n"
		               " * Wrong for those that mostly stay small. */\n"
		               "#include <stdlib.h>\n\n"
		               "enum { %s_first_bytes = %lu };\n\n"
		               "void *%s_start(size_t *room)\n{\n"
		               "\t*room = %s_first_bytes;\n\treturn malloc(%s_first_bytes);\n}\n",
		               w.place, w.name, bytes, w.name, w.name, w.name);
}

/* The parts as members of one slot, then the slab that serves it. */
void sketch_bundle(struct finding *x, const struct group *const *parts, uint32_t n)
{
	struct words w;
	char members[2048];
	size_t used = 0;

	words_of(parts[0], &w);
	for (uint32_t i = 0; i < n && used < sizeof members - 80; i++)
		used += (size_t)snprintf(members + used, sizeof members - used,
		                         "\t%s(16) unsigned char part%u[%lu];\n",
		                         parts[0]->cxx ? "alignas" : "_Alignas", i,
		                         (unsigned long)native_slot_bytes(parts[i]));

	(parts[0]->cxx ? slab_cxx : slab_c)(x, &w, x->plan->slot_bytes, x->plan->chunk_slots);
	char *slab = x->sketch;
	x->sketch = NULL;
	finding_sketch(x, parts[0]->cxx ? "cxx" : "c",
	               "%s\n/* What a slot holds: replace the parts by their types. */\n"
	               "struct %s_parts {\n%s};\n%s(sizeof(struct %s_parts) <= sizeof(union "
	               "%s_slot), \"fits\");\n",
	               slab, w.name, members, parts[0]->cxx ? "static_assert" : "_Static_assert",
	               w.name, w.name);
	free(slab);
}

void sketch_bound(struct finding *x, const struct group *g)
{
	struct words w;

	words_of(g, &w);
	const char *n = w.name;
	finding_sketch(
		x, g->cxx ? "cxx" : "c",
		"/* A bound for %s: entries in order of use; what %s_used() returns is to be "
		"dropped. */\n"
		"#include <stddef.h>\n\n"
		"struct %s_link {\n\tstruct %s_link *older, *newer;\n};\n"
		"static struct %s_link *%s_oldest, *%s_newest;\nstatic size_t %s_count;\n\n"
		"/* is_new: has no links yet. Returns the entry that is one too many, or NULL. */\n"
		"struct %s_link *%s_used(struct %s_link *e, int is_new)\n{\n"
		"\tif (!is_new) {\n"
		"\t\t*(e->older ? &e->older->newer : &%s_oldest) = e->newer;\n"
		"\t\t*(e->newer ? &e->newer->older : &%s_newest) = e->older;\n"
		"\t}\n"
		"\te->newer = NULL;\n\te->older = %s_newest;\n"
		"\t*(%s_newest ? &%s_newest->newer : &%s_oldest) = e;\n\t%s_newest = e;\n"
		"\tif (!is_new || ++%s_count <= %lu)\n\t\treturn NULL;\n"
		"\tstruct %s_link *drop = %s_oldest;\n"
		"\t%s_oldest = drop->newer;\n\t%s_oldest->older = NULL;\n\t%s_count--;\n"
		"\treturn drop;\n}\n",
		w.place, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n,
		(unsigned long)x->plan->max_blocks, n, n, n, n, n);
}
