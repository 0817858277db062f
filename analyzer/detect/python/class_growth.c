/*
 * `class-level-growth`: a mutable attribute of a class that fills up from the beginning of the run to its
 * end.  `default-argument-growth`: the same of a mutable default argument.
 *
 * The heap graph at exit says what the container alone retains, and the events say when each of these
 * objects was made: a table that is made with the class, a bounded cache and a queue whose entries come
 * and go have objects of a few moments only.  Who makes the elements does not matter.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/event_pass.h"
#include "detect/python/heap.h"
#include "util/text.h"

static struct detector_option options[] = {
	{"class_growth_min_length", 100, "elements of the container"},
	{"class_growth_min_bytes", 65536, "bytes that it alone retains"},
	{"class_growth_win_bytes", 1048576, "bytes retained: a win from here on"},
	{"class_growth_win_peak_share", 0.05, "the same as a share of the process's peak"},
	{0},
};

/* What of it is retained at the peak is gone when it is dropped; the newest entries may be in use. */
#define LOW_SHARE 0.9

static const char CLASS_LEVEL[] = "class-level-growth",
		  DEFAULT_ARGUMENT[] = "default-argument-growth";

struct place {
	const char *kind; /* NULL: not such a place */
	uint32_t owner;   /* the class or function */
	const char *attribute;
};

/* A container at a class, or inside of one there: at most two steps below. */
static struct place place_of(const struct heap_graph *g, uint32_t node)
{
	enum { STEPS = 3 };

	for (int i = 0; i < STEPS; i++) {
		const struct heap_node *x = &g->node[node];
		const char *name;

		if (x->parent == HEAP_NONE || x->parent == g->top)
			break;
		name = heap_name(g, g->edge[x->parent_edge].name);
		if (g->node[x->parent].kind == HEAP_CLASS)
			return (struct place){CLASS_LEVEL, x->parent, name};
		if (g->node[x->parent].kind == HEAP_FUNCTION && !strcmp(name, "__defaults__"))
			return (struct place){DEFAULT_ARGUMENT, x->parent, ""};
		if (g->node[x->parent].kind != HEAP_CONTAINER)
			break;
		node = x->parent;
	}
	return (struct place){0};
}

/* The class as the model knows it: by name, since a class object is no instance. */
static struct py_class class_of_node(const struct py_heap *h, const struct heap_graph *g,
                                     uint32_t class)
{
	const char *name = heap_name(g, g->node[class].label), *dot = strrchr(name, '.');
	struct py_class k = {0};

	for (uint32_t i = 0; i < h->m->n_classes && !k.stats; i++)
		if (!strcmp(h->m->classes[i].name, dot ? dot + 1 : name))
			k.stats = &h->m->classes[i];
	if (k.stats)
		k.census = census_class_of(h->census, k.stats);
	return k;
}

/* The module that a class or function is in is the program's. */
static bool is_programs(const struct py_heap *h, const struct heap_graph *g, const struct place *p)
{
	struct py_class k = p->kind == CLASS_LEVEL ? class_of_node(h, g, p->owner)
	                                           : (struct py_class){0};

	if (k.stats)
		return py_class_is_users(h->m, &k) ||
		       (k.census && k.census->name.origin == ORIGIN_SITE);
	return py_heap_is_below_program(h, g, p->owner);
}

static void add_finding(const struct model *m, const struct detect *d, const struct py_heap *h,
                        uint32_t graph, uint32_t node, const struct place *p,
                        const struct heap_growth *growth, struct findings *out)
{
	const struct heap_graph *g = h->graph[graph];
	const struct heap_node *x = &g->node[node];
	double bytes = (double)x->retained_bytes;
	bool large = bytes >= detect_option(d, "class_growth_win_bytes") ||
	             bytes >= detect_option(d, "class_growth_win_peak_share") *
	                              (double)m->totals.peak_live_bytes;
	struct py_class class = p->kind == CLASS_LEVEL ? class_of_node(h, g, p->owner)
	                                               : (struct py_class){0};
	struct finding *f = py_class_finding(&class, out, p->kind,
	                                     large ? VERDICT_WIN : VERDICT_MINOR);
	const char *owner = heap_name(g, g->node[p->owner].label);

	if (p->kind == CLASS_LEVEL)
		finding_title(f,
		              "%s.%s: a %s shared by all instances has grown to %llu elements, %s",
		              owner, p->attribute, heap_class_name(m, g, node),
		              (unsigned long long)x->length, short_bytes(bytes));
	else
		finding_title(
			f, "%s: the %s that is its default argument has grown to %llu elements, %s",
			owner, heap_class_name(m, g, node), (unsigned long long)x->length,
			short_bytes(bytes));
	finding_add_text(f, "attribute", "%s.%s", owner, p->attribute);
	detect_passed(d, f, "length", (double)x->length, "", "class_growth_min_length", ">=");
	detect_passed(d, f, "held_bytes", bytes, "bytes", "class_growth_min_bytes", ">=");
	py_heap_add_growth(growth, f);
	py_heap_add_evidence(h, g, node, f);
	if (p->kind == CLASS_LEVEL)
		finding_advice(
			f,
			"`%s` is an attribute of the class, one for all instances, and what "
			"is put into it stays. Make it in the constructor (`self.%s = ...`) or "
			"keep it local to the call; if it is meant as a cache, bound it.",
			p->attribute, p->attribute);
	else
		finding_advice(
			f, "A default argument is made once, with the function, and what is put "
			   "into it stays: take None as the default and make it in the body.");
	f->prediction.tier = TIER_MODELLED;
	f->prediction.live_bytes_saved = interval_of(LOW_SHARE * bytes, bytes);
	finding_assumes(f, "assumes that what was put there earlier is not needed");
	f->score = bytes / (double)(m->totals.peak_live_bytes + 1);
}

/* Of the containers below one attribute only the one that retains most speaks; of a cache, retained-by-cache does. */
static bool is_told(const struct findings *out, const char *attribute)
{
	for (uint32_t i = 0; i < out->n; i++)
		for (uint32_t e = 0; e < out->list[i]->n_evidence; e++) {
			const char *name = out->list[i]->evidence[e].name,
				   *text = out->list[i]->evidence[e].text;

			if (text && (!strcmp(name, "attribute") || !strcmp(name, "function")) &&
			    !strcmp(text, attribute))
				return true;
		}
	return false;
}

static void look_at(const struct model *m, const struct detect *d, const struct py_heap *h,
                    uint32_t graph, uint32_t node, struct findings *out)
{
	const struct heap_graph *g = h->graph[graph];
	const struct heap_node *x = &g->node[node];
	struct heap_growth growth;
	struct place p;
	char *attribute;

	if (x->kind != HEAP_CONTAINER ||
	    (double)x->length < detect_option(d, "class_growth_min_length") ||
	    (double)x->retained_bytes < detect_option(d, "class_growth_min_bytes"))
		return;
	p = place_of(g, node);
	if (!p.kind || !is_programs(h, g, &p))
		return;
	attribute = mem_printf("%s.%s", heap_name(g, g->node[p.owner].label), p.attribute);
	growth = py_heap_growth(h, graph, node);
	if (growth.grows && !is_told(out, attribute))
		add_finding(m, d, h, graph, node, &p, &growth, out);
	free(attribute);
}

static void class_growth_run(const struct model *m, const struct detect *d, struct findings *out)
{
	const struct py_heap *h = detect_event_pass(d)->heap;

	/* The graph at exit first: it shows the whole of the growth. */
	for (uint32_t i = h->n; i-- > 0;)
		for (uint32_t k = 0; k < h->graph[i]->n_objects; k++)
			look_at(m, d, h, i, k, out);
}

DETECTOR_NAMED(class_level_growth, "class-level-growth", 21, options, class_growth_run,
               "a mutable class attribute that grows to the end of the run");
