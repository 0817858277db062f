/*
 * See setup.h.
 *
 * Between two instances of a class, the events under a function that is called for each are those of one call.
 * Functions are learned from the events: whose frame allocates the instance, and whose frame allocates on behalf of
 * one (its methods).  Coroutines may set up several instances in turn: the last that an allocation was made on
 * behalf of is the one that is at work.
 */
#include "setup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detect/context.h"

#define CLASSES_MOST 48u
#define CANDIDATES_MOST 128u /* of all threads that build them */
#define FEWEST 10u /* instances that the thread which builds most of a class must have built */
#define FUNCTIONS_MOST 6u /* of a class */
#define RECORDS 32u       /* instances of a class that may be alive while the next ones are built */
#define PATH_MOST 128u

#define CALLED_SHARE 0.9 /* of the instances for which it is called */
#define STATE_SHARE \
	0.25 /* of the blocks that outlive the call: the part that dies with the instance */
#define STATE_LEAST 512u /* bytes */
#define STATEFUL_SHARE 0.8
#define ALIKE_SHARE 0.5
#define FACTORY_RATIO \
	3.0 /* time in a factory to that of the constructor that it hands new parts to */

/* What one call did. */
struct work {
	uint64_t events, objects, bytes, ns;
	uint64_t kept_bytes,
		state_bytes; /* kept: not freed yet; state: freed when something else had been allocated */
};

/* An instance, from its allocation to the next one's. */
struct record {
	uint32_t number; /* 0: unused */
	uint32_t slot, serial;
	uint32_t first_method; /* function + 1, 0 none yet */
	bool is_waiting, has_survived, is_judged,
		is_used; /* used: a method ran under its factory */
	struct work work[FUNCTIONS_MOST];
};

struct function {
	uint32_t code;
	bool is_factory;
	uint32_t next;       /* of another class with the same code: index + 1 */
	uint64_t last_event; /* number of the thread's event that was under it last */
	uint64_t n, n_first, n_survived, n_judged, n_stateful, events, objects, bytes, ns;
	struct tally shapes;
};

struct candidate {
	struct py_class class;
	double own_ns; /* of a call of the class itself, where it is costly already; 0 */
	uint32_t n_functions, number; /* number: of the newest record */
	uint32_t at_work;             /* of the record whose instance's method ran last */
	uint32_t thread; /* that builds them; what others build is a candidate of its own */
	uint32_t next;   /* that of another thread, for the same class: index + 1 */
	struct function function[FUNCTIONS_MOST];
	struct record record[RECORDS];
};

struct tag {
	uint32_t number;             /* of the record */
	uint8_t candidate, function; /* + 1 */
};

/* A part belongs to what it is built in, too. */
#define TAGS 3u
struct tags {
	struct tag of[TAGS];
};

struct setup_pass {
	const struct model *m;
	const struct detect *d;
	struct setups *out;
	struct candidate *candidate;
	uint32_t n, n_first,
		n_classes; /* n_first: those of the first threads, one for each class */
	uint8_t *of_class; /* by class id: the first of its candidates + 1 */
	uint32_t *of_code; /* by code id: candidate * FUNCTIONS_MOST + function + 1 */
	uint32_t *class_of_slot;
	struct tags *tag; /* by slot */
	uint32_t n_class_slots, n_tags;
	uint64_t *n_events, *last_ns; /* by thread */
	uint32_t n_event_threads, n_ns_threads;
};

/* ---- functions ---- */

static bool is_constructor(const char *name)
{
	return !strcmp(name, "__init__") || !strcmp(name, "__new__") ||
	       !strcmp(name, "__post_init__") || !strcmp(name, "__enter__");
}

static struct candidate *candidate_at(struct setup_pass *p, uint32_t index)
{
	return &p->candidate[(index - 1) / FUNCTIONS_MOST];
}

static struct function *function_at(struct setup_pass *p, uint32_t index)
{
	return &candidate_at(p, index)->function[(index - 1) % FUNCTIONS_MOST];
}

/* Index + 1 of a candidate's function, 0: there is no room, or it is no such function. */
static uint32_t learn(struct setup_pass *p, struct candidate *c, uint32_t code, bool is_factory)
{
	const struct trace_code *k = trace_code(p->m->trace, code);
	uint32_t first = (uint32_t)(c - p->candidate) * FUNCTIONS_MOST;

	for (uint32_t i = 0; i < c->n_functions; i++)
		if (c->function[i].code == code && c->function[i].is_factory == is_factory)
			return i + 1;
	if (!code || code >= p->m->trace->n_codes || c->n_functions == FUNCTIONS_MOST ||
	    is_constructor(k->name) || !strcmp(k->name, "<module>") ||
	    (!is_factory && k->n_arguments != 1))
		return 0;

	c->function[c->n_functions] =
		(struct function){.code = code, .is_factory = is_factory, .next = p->of_code[code]};
	p->of_code[code] = first + c->n_functions + 1;
	return ++c->n_functions;
}

/* ---- records ---- */

/* Adds up a record that is complete. */
static void settle(struct candidate *c, const struct record *r)
{
	for (uint32_t i = 0; r->number && i < c->n_functions; i++) {
		struct function *f = &c->function[i];
		const struct work *w = &r->work[i];

		if (!w->events)
			continue;
		f->n++;
		f->n_first += r->first_method == i + 1;
		f->n_survived += r->has_survived && !r->is_used;
		f->events += w->events;
		f->objects += w->objects;
		f->bytes += w->bytes;
		f->ns += w->ns;
		tally_add(&f->shapes, w->bytes << 24 ^ w->events, 1, MODEL_SHAPES_CAP);
	}
}

static struct record *record_at(struct candidate *c, uint32_t number)
{
	struct record *r = &c->record[number % RECORDS];

	if (r->number == number)
		return r;
	settle(c, r);
	*r = (struct record){.number = number};
	return r;
}

/* Of the instance in that slot, NULL: it has none, or not any more. */
static struct record *record_of(struct candidate *c, uint32_t slot, uint32_t serial)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		if (c->record[i].number && c->record[i].slot == slot &&
		    c->record[i].serial == serial)
			return &c->record[i];
	return NULL;
}

/* The instance dies: is what was made for it gone? */
static void judge(struct candidate *c, uint32_t slot, uint32_t serial)
{
	struct record *r = record_of(c, slot, serial);

	if (!r || r->is_judged)
		return;
	r->is_judged = true;
	for (uint32_t i = 0; i < c->n_functions; i++) {
		const struct work *w = &r->work[i];
		uint64_t state = w->state_bytes;
		/* What a factory throws away may wait for the collector. */
		uint64_t left = c->function[i].is_factory ? 0 : w->kept_bytes;

		c->function[i].n_judged += w->events > 0;
		c->function[i].n_stateful += w->events && state >= STATE_LEAST &&
		                             (double)state >= STATE_SHARE * (double)(state + left);
	}
}

/* ---- events ---- */

static uint32_t python_node(const struct setup_pass *p, const struct block *b)
{
	const struct trace *t = p->m->trace;

	return t->nodes[trace_stack(t, p->m->sites[b->site_id].stack)->node].python;
}

static uint32_t code_of(const struct setup_pass *p, uint32_t node)
{
	const struct trace *t = p->m->trace;
	uint32_t code = node ? trace_frame(t, t->nodes[node].frame)->code : 0;

	return code < t->n_codes ? code : 0;
}

/* NULL: there is no room, or an inner function for the candidate has made the block. */
static struct tag *free_tag(struct tags *tags, uint32_t candidate)
{
	for (unsigned i = 0; i < TAGS; i++) {
		if (!tags->of[i].candidate)
			return &tags->of[i];
		if (tags->of[i].candidate == candidate)
			return NULL;
	}
	return NULL;
}

static void count_under(struct setup_pass *p, uint32_t index, const struct block *b, uint64_t event)
{
	struct candidate *c = candidate_at(p, index);
	struct function *f = function_at(p, index);
	uint32_t i = (index - 1) % FUNCTIONS_MOST;
	const struct record *now;
	struct work *w;
	struct tag *tag;
	uint32_t number;

	if (c->thread != b->thread || f->last_event == event)
		return;
	now = record_at(c, c->number);
	/* What a factory makes before the instance is the next one's. */
	number = !f->is_factory && c->at_work ? c->at_work
	                                      : c->number + (f->is_factory && !now->is_waiting);
	w = &record_at(c, number)->work[i];
	w->events++;
	w->objects += b->domain == PTF_DOMAIN_PY_OBJ || b->domain == PTF_DOMAIN_PY_MEM;
	w->bytes += b->size_bytes;
	if (f->last_event + 1 == event)
		w->ns += b->time_ns - *MEM_AT(p->last_ns, p->n_ns_threads, b->thread);
	f->last_event = event;
	tag = free_tag(MEM_AT(p->tag, p->n_tags, b->slot), (uint32_t)(c - p->candidate + 1));
	if (!tag)
		return;
	*tag = (struct tag){number, (uint8_t)(c - p->candidate + 1), (uint8_t)(i + 1)};
	w->kept_bytes += b->size_bytes;
}

static void count_path(struct setup_pass *p, const struct block *b, uint32_t node, uint64_t event)
{
	const struct trace *t = p->m->trace;

	*MEM_AT(p->tag, p->n_tags, b->slot) = (struct tags){0};
	for (uint32_t i = 0; node && i < PATH_MOST; i++, node = t->nodes[node].parent)
		for (uint32_t index = p->of_code[code_of(p, node)]; index;
		     index = function_at(p, index)->next)
			count_under(p, index, b, event);
}

/* Instances that their factory has returned from. */
static void look_for_returns(struct setup_pass *p, uint32_t thread, uint64_t event)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct candidate *c = &p->candidate[i];
		struct record *r = c->thread == thread && c->number ? record_at(c, c->number)
		                                                    : NULL;
		bool under = false;

		if (!r || !r->is_waiting)
			continue;
		for (uint32_t k = 0; k < c->n_functions; k++)
			under |= c->function[k].is_factory && c->function[k].last_event == event;
		if (under)
			continue;
		r->is_waiting = false;
		r->has_survived = !r->is_judged;
	}
}

/* The instance's methods run in the function that has built it: that does more than build. */
static void note_use(struct candidate *c, struct record *r, uint64_t event)
{
	for (uint32_t k = 0; k < c->n_functions; k++)
		r->is_used |= c->function[k].is_factory && c->function[k].last_event == event;
}

static struct candidate *candidate_of_owner(struct setup_pass *p, const struct block *b)
{
	uint32_t owner = b->owner_slot
	                         ? *MEM_AT(p->class_of_slot, p->n_class_slots, b->owner_slot - 1)
	                         : 0;

	return owner ? &p->candidate[owner - 1] : NULL;
}

static struct record *record_of_owner(struct setup_pass *p, const struct block *b)
{
	struct candidate *c = candidate_of_owner(p, b);
	struct record *r = c ? record_of(c, b->owner_slot - 1, b->owner_serial) : NULL;

	if (r)
		c->at_work = r->number;
	return r;
}

/* The function that the node is in, comprehensions left out; 0: it is a part of a constructor's work. */
static uint32_t method_at(const struct setup_pass *p, uint32_t node)
{
	const struct trace *t = p->m->trace;
	uint32_t method = 0;

	for (uint32_t i = 0; node && i < PATH_MOST; i++, node = t->nodes[node].parent) {
		uint32_t code = code_of(p, node);
		const char *name = trace_code(t, code)->name;

		if (is_constructor(name))
			return 0;
		if (!method && *name != '<')
			method = code;
	}
	return method;
}

static void note_method(struct setup_pass *p, const struct block *b, uint32_t node, uint64_t event,
                        struct record *r)
{
	struct candidate *c = candidate_of_owner(p, b);
	uint32_t method = r ? method_at(p, node) : 0;

	if (!method)
		return;
	note_use(c, r, event);
	if (r->first_method)
		return;
	r->first_method = learn(p, c, method, false);
	if (!r->first_method)
		r->first_method = UINT32_MAX; /* another one was first */
}

/* That of the class for the thread, made when it is new; NULL: there is no room for another. */
static struct candidate *candidate_in(struct setup_pass *p, uint32_t index, uint32_t thread)
{
	struct candidate *c = &p->candidate[index - 1];

	if (!c->number)
		c->thread = thread;
	while (c->thread != thread && c->next)
		c = &p->candidate[c->next - 1];
	if (c->thread == thread)
		return c;
	if (p->n == CANDIDATES_MOST)
		return NULL;
	p->candidate[p->n] =
		(struct candidate){.class = c->class, .own_ns = c->own_ns, .thread = thread};
	c->next = ++p->n;
	return &p->candidate[p->n - 1];
}

static void instance_begins(struct setup_pass *p, const struct block *b, uint32_t class_id)
{
	uint8_t index = class_id < p->n_classes ? p->of_class[class_id] : 0;
	struct candidate *c = index ? candidate_in(p, index, b->thread) : NULL;
	struct record *r;

	*MEM_AT(p->class_of_slot, p->n_class_slots, b->slot) = c ? (uint32_t)(c - p->candidate) + 1
	                                                         : 0;
	if (!c)
		return;
	r = record_at(c, ++c->number);
	c->at_work = c->number;
	r->slot = b->slot;
	r->serial = b->serial;
	r->is_waiting = learn(p, c, code_of(p, python_node(p, b)), true) != 0;
}

static void setup_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct setup_pass *p = context;
	uint32_t node = python_node(p, b);
	uint64_t event = ++*MEM_AT(p->n_events, p->n_event_threads, b->thread);
	(void)e;

	struct record *owner = record_of_owner(p, b);

	count_path(p, b, node, event);
	look_for_returns(p, b->thread, event);
	note_method(p, b, node, event, owner);
	instance_begins(p, b, b->class_id);
	*MEM_AT(p->last_ns, p->n_ns_threads, b->thread) = b->time_ns;
}

/* What goes before anything else is allocated was a variable of the function. */
static void work_ends(struct record *r, const struct function *f, uint32_t i, uint64_t event,
                      uint64_t bytes)
{
	r->work[i].kept_bytes -= bytes;
	if (f->last_event != event)
		r->work[i].state_bytes += bytes;
}

static void tagged_ends(struct setup_pass *p, const struct tag *t, uint64_t event, uint64_t bytes)
{
	struct candidate *c = &p->candidate[t->candidate - 1];
	struct record *r = &c->record[t->number % RECORDS];

	if (r->number == t->number)
		work_ends(r, &c->function[t->function - 1], t->function - 1, event, bytes);
}

static void block_ends(struct setup_pass *p, const struct block *b, uint32_t thread)
{
	struct tags *tags = MEM_AT(p->tag, p->n_tags, b->slot);
	uint32_t *class = MEM_AT(p->class_of_slot, p->n_class_slots, b->slot);
	uint64_t event = *MEM_AT(p->n_events, p->n_event_threads, thread);

	for (unsigned i = 0; i < TAGS && tags->of[i].candidate; i++)
		tagged_ends(p, &tags->of[i], event, b->size_bytes);
	*tags = (struct tags){0};
	if (*class)
		judge(&p->candidate[*class - 1], b->slot, b->serial);
	*class = 0;
}

static void setup_on_free(void *context, const struct block *b, const struct event *e)
{
	block_ends(context, b, e->thread);
}

static void setup_on_realloc(void *context, const struct block *old, const struct block *new,
                             const struct event *e)
{
	block_ends(context, old, e->thread);
	setup_on_alloc(context, new, e);
}

static void setup_on_class(void *context, const struct block *b, const struct event *e)
{
	instance_begins(context, b, e->class_id);
}

/* ---- before and after ---- */

/* NULL: its constructor is cheap. */
static const struct building_cost *cost_of(const struct costly_classes *l,
                                           const struct class_stats *s)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->life[i].class.stats == s)
			return &l->life[i].cost;
	return NULL;
}

/* Built from what it is given, as far as plain values tell; parts that a factory makes are new each time. */
static bool is_built_from_input(const struct building_cost *c)
{
	return c && building_cost_differs(c) && !c->contents_repeat;
}

static void collect_candidates(struct setup_pass *p, const struct costly_classes *costly)
{
	for (uint32_t i = 0; i < p->m->n_classes && p->n < CLASSES_MOST; i++) {
		struct py_class k = py_class_at(p->m, costly->census, i);
		const struct building_cost *cost = cost_of(costly, k.stats);

		if ((double)k.stats->built < detect_option(p->d, "pool_min_built") ||
		    !(k.stats->type->flags & PTF_CLASS_HEAP) || is_built_from_input(cost) ||
		    !py_class_is_users(p->m, &k))
			continue;
		p->candidate[p->n].class = k;
		/* Wall time is the other threads' too. */
		p->candidate[p->n].own_ns = cost && building_cost_differs(cost)
		                                    ? fmin(cost->median_ns, cost->cpu_high_ns)
		                                    : 0;
		p->of_class[k.stats->class_id] = (uint8_t)++p->n;
	}
}

uint32_t setups_watch(struct setups *s, const struct costly_classes *costly, const struct model *m,
                      const struct detect *d, struct model_observer *out)
{
	struct setup_pass *p;

	*s = (struct setups){0};
	if (!m->process->python)
		return 0;
	p = s->pass = mem_zalloc(1, sizeof *p);
	p->m = m;
	p->d = d;
	p->out = s;
	p->n_classes = m->trace->n_classes;
	p->candidate = mem_zalloc(CANDIDATES_MOST, sizeof *p->candidate);
	p->of_class = mem_zalloc(p->n_classes + 1, sizeof *p->of_class);
	p->of_code = mem_zalloc(m->trace->n_codes + 1, sizeof *p->of_code);
	collect_candidates(p, costly);
	p->n_first = p->n;
	*out = (struct model_observer){
		.context = p,
		.on_alloc = setup_on_alloc,
		.on_free = setup_on_free,
		.on_realloc = setup_on_realloc,
		.on_class = setup_on_class,
	};
	return p->n > 0;
}

static double alike_of(const struct function *f)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < f->shapes.n; i++)
		n += f->shapes.entry[i].count > 1 ? f->shapes.entry[i].count : 0;
	return f->n ? (double)n / (double)f->n : 0;
}

static bool sets_up(const struct setup_pass *p, const struct candidate *c, const struct function *f)
{
	double built = (double)c->number, n = (double)f->n;
	double each_us = n > 0 ? (double)f->ns / n / 1000 : 0;

	if (n < CALLED_SHARE * (built - 1) || (double)f->n_judged < n / 2 ||
	    (double)f->n_stateful < STATEFUL_SHARE * (double)f->n_judged)
		return false;
	if (each_us * 1000 < c->own_ns * FACTORY_RATIO)
		return false;
	if ((double)(f->is_factory ? f->n_survived : f->n_first) < CALLED_SHARE * n ||
	    alike_of(f) < ALIKE_SHARE)
		return false;
	return (double)f->events >= detect_option(p->d, "pool_min_ctor_events") * n ||
	       each_us >= detect_option(p->d, "pool_min_ctor_us");
}

static void add_life(struct setup_pass *p, const struct candidate *c, const struct function *f)
{
	struct py_life *l = &p->out->life[p->out->n++];
	double n = (double)f->n, ns = (double)f->ns / n;

	*l = costly_life_of(p->m, &c->class);
	l->set_up_in = trace_code(p->m->trace, f->code);
	l->ctor_events += (double)f->events / n;
	l->ctor_bytes += (double)f->bytes / n;
	l->ctor_objects += (double)f->objects / n;
	l->median_low_ns += ns;
	l->median_high_ns += ns;
	l->alike_share = alike_of(f);
	building_cost_add(&l->cost, ns);
}

/* NULL: none. */
static const struct function *best_function(const struct setup_pass *p, const struct candidate *c)
{
	const struct function *best = NULL;

	for (uint32_t k = 0; k < c->n_functions; k++)
		if (sets_up(p, c, &c->function[k]) &&
		    (!best || best->is_factory ||
		     (!c->function[k].is_factory && c->function[k].events > best->events)))
			best = &c->function[k];
	return best;
}

/* By the thread that builds most of the class. */
static void judge_class(struct setup_pass *p, const struct candidate *first)
{
	const struct candidate *c = first, *most = first;
	const struct function *best;

	for (; c; c = c->next ? &p->candidate[c->next - 1] : NULL)
		if (c->number > most->number)
			most = c;
	best = most->number >= FEWEST ? best_function(p, most) : NULL;
	if (best)
		add_life(p, most, best);
}

void setups_watched(struct setups *s)
{
	struct setup_pass *p = s->pass;

	if (!p)
		return;
	s->life = mem_zalloc(CLASSES_MOST, sizeof *s->life);
	for (uint32_t i = 0; i < p->n; i++)
		for (uint32_t k = 0; k < RECORDS; k++)
			settle(&p->candidate[i], &p->candidate[i].record[k]);
	for (uint32_t i = 0; i < p->n_first; i++)
		judge_class(p, &p->candidate[i]);
	for (uint32_t i = 0; i < p->n; i++)
		for (uint32_t k = 0; k < p->candidate[i].n_functions; k++)
			tally_release(&p->candidate[i].function[k].shapes);
	free(p->candidate);
	free(p->of_class);
	free(p->of_code);
	free(p->class_of_slot);
	free(p->tag);
	free(p->n_events);
	free(p->last_ns);
	free(p);
	s->pass = NULL;
}

void setups_release(struct setups *s)
{
	free(s->life);
}
