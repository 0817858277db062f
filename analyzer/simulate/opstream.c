/*
 * See opstream.h.  The files are sparse and mapped, so that an op can be changed later: that a container
 * grew is known only when its old block is freed, that a block leaked only at the end.
 */
#include "simulate/opstream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "detect/native/copy_growth.h"
#include "detect/plan.h"
#include "simulate/op_memory.h"
#include "util/error.h"
#include "util/mem.h"

#define LEAD_SHARE 2u   /* a window is led to by this part of its length */
#define PEAK_SHARE 0.98 /* of the most live bytes: from there on it is the peak's window */
#define SPARE_OPS 64u   /* room in a file beyond what is counted on */

/* A block's op in a file. */
struct op_place {
	uint32_t window; /* + 1; 0: in none */
	uint32_t at;
};

struct slot_state {
	uint64_t seq, size_bytes;
	struct op_bytes bytes;
	struct op_place place[2]; /* in a timed window, in the peak's */
	uint32_t thread;
	uint8_t code, role, part, align_log2;
	bool live;
};

struct writer {
	struct opstream *s;
	const struct model *m;
	struct ops_header head; /* of each file */
	uint8_t *role_of_site, *part_of_site;
	uint16_t *dense; /* thread number -> dense + 1 */
	uint32_t n_dense, n_threads_known;
	struct slot_state *slots;
	uint32_t n_slots, n_live;
	struct copy_growth growth;
	struct op_memory memory;
	uint64_t mark_ns; /* 0: none left */
	uint32_t last_thread;
	uint64_t n_seen; /* ops of the run so far */
	uint64_t live_bytes, peak_bytes;
	uint32_t next;              /* timed window that begins next */
	struct ops_window *open[2]; /* the timed one and the peak's; NULL: none is open */
	bool peak_begun, failed;
};

/* ---- files ---- */

static int temporary_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR, 0600);
	return fd >= 0 ? fd : memfd_create("pooltrace-ops", 0);
}

static int window_map(struct ops_window *x, uint64_t n_ops, const struct ops_header *head)
{
	x->mapped_bytes = sizeof *head + n_ops * sizeof(struct op);
	x->fd = temporary_file();
	if (x->fd < 0 || ftruncate(x->fd, (off_t)x->mapped_bytes))
		return error_errno("cannot create a temporary file for the replay");
	x->header = mmap(NULL, x->mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, x->fd, 0);
	if (x->header == MAP_FAILED) {
		x->header = NULL;
		return error_errno("cannot map a temporary file for the replay");
	}
	*x->header = *head;
	return 0;
}

static struct op *window_ops(const struct ops_window *x)
{
	return (struct op *)(void *)(x->header + 1);
}

/* Place of the op, or none when the file is full. */
static struct op_place window_put(const struct writer *w, struct ops_window *x, const struct op *o)
{
	struct ops_header *h = x->header;
	if (sizeof *h + (h->n_ops + 1) * sizeof *o > x->mapped_bytes)
		return (struct op_place){0, 0};
	window_ops(x)[h->n_ops] = *o;
	return (struct op_place){(uint32_t)(x - w->s->window) + 1, (uint32_t)h->n_ops++};
}

static struct op *op_at(const struct writer *w, struct op_place p)
{
	return p.window ? &window_ops(&w->s->window[p.window - 1])[p.at] : NULL;
}

/* ---- where the windows lie ---- */

static uint64_t ops_of_run(const struct model *m)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (m->sites[i].domain == PTF_DOMAIN_C)
			n += m->sites[i].allocs + m->sites[i].frees -
			     site_reallocs(&m->sites[i])->calls;
	return n;
}

static void place_windows(struct opstream *s, uint64_t max_ops)
{
	s->n_windows = s->n_ops > max_ops ? OPS_WINDOWS : 1;
	uint64_t length = s->n_windows > 1 ? max_ops / OPS_WINDOWS : UINT64_MAX;
	for (uint32_t k = 0; k < s->n_windows; k++) {
		uint64_t first = k ? (s->n_ops - length) * k / (OPS_WINDOWS - 1) : 0;
		s->window[k].first = first;
		s->window[k].last = first + length;
	}
}

/* Op at which the window's file begins: some lead to it, but none that are in the one before. */
static uint64_t lead_of(const struct opstream *s, uint32_t k)
{
	const struct ops_window *x = &s->window[k];
	uint64_t lead = k ? (x->last - x->first) / LEAD_SHARE : 0;
	uint64_t gap = k ? x->first - s->window[k - 1].last : 0;
	return x->first - (lead < gap ? lead : gap);
}

/* ---- the heap at a window's begin ---- */

static const struct slot_state *sort_slots; /* of by_age() */

static int by_age(const void *a, const void *b)
{
	uint64_t x = sort_slots[*(const uint32_t *)a].seq, y = sort_slots[*(const uint32_t *)b].seq;
	return x < y ? -1 : x > y;
}

static struct op op_of_block(const struct slot_state *b, uint32_t slot)
{
	return (struct op){
		.slot = slot,
		.size = b->size_bytes < UINT32_MAX ? (uint32_t)b->size_bytes : UINT32_MAX,
		.aux = b->code == OP_ALIGNED ? b->align_log2 : b->part,
		.code = b->code,
		.role = b->role,
		.thread = (uint16_t)b->thread,
	};
}

static void put_live_blocks(struct writer *w, struct ops_window *x, unsigned which)
{
	uint32_t *live = mem_alloc((w->n_live + 1) * sizeof *live), n = 0;
	for (uint32_t i = 0; i < w->n_slots; i++)
		if (w->slots[i].live)
			live[n++] = i;
	sort_slots = w->slots;
	qsort(live, n, sizeof *live, by_age);
	for (uint32_t i = 0; i < n; i++) {
		struct op o = op_of_block(&w->slots[live[i]], live[i]);
		w->slots[live[i]].place[which] = window_put(w, x, &o);
	}
	free(live);
}

static void begin_window(struct writer *w, struct ops_window *x, unsigned which)
{
	uint64_t room = x->last == UINT64_MAX ? w->m->totals.allocs + w->m->totals.frees
	                                      : w->n_live + x->last - w->n_seen;
	if (window_map(x, room + SPARE_OPS, &w->head) < 0) {
		w->failed = true;
		return;
	}
	w->open[which] = x;
	put_live_blocks(w, x, which);
}

static void begin_peak(struct writer *w)
{
	struct ops_window *x = &w->s->window[w->s->n_windows];
	w->peak_begun = true;
	x->first = w->n_seen;
	x->last = x->first + (w->s->window[0].last - w->s->window[0].first);
	begin_window(w, x, 1);
	if (x->header)
		x->header->n_setup = x->header->n_ops;
}

/* Before each op of the run: opens and closes windows. */
static void opstream_step(struct writer *w)
{
	struct opstream *s = w->s;
	for (unsigned i = 0; i < 2; i++)
		if (w->open[i] && w->n_seen >= w->open[i]->last)
			w->open[i] = NULL;
	if (w->next < s->n_windows && !w->failed && w->n_seen >= lead_of(s, w->next))
		begin_window(w, &s->window[w->next++], 0);
	if (w->open[0] && w->n_seen == w->open[0]->first)
		w->open[0]->header->n_setup = w->open[0]->header->n_ops;
	if (opstream_is_windowed(s) && !w->peak_begun && !w->failed &&
	    (double)w->live_bytes >= PEAK_SHARE * (double)w->peak_bytes)
		begin_peak(w);
}

/* ---- roles ---- */

static void role_from_plan(struct ops_role *r, const struct plan *p)
{
	r->policy = p->policy;
	r->slot_bytes = p->slot_bytes;
	r->chunk_slots = p->chunk_slots;
	r->chunk_bytes = p->chunk_bytes;
	r->reserve_bytes = p->reserve_bytes;
	r->grow_by_factor = p->grow_by_factor;
	r->max_blocks = p->max_blocks;
	r->n_parts = p->n_parts;
}

/* A bundle's parts in the order in which the finding names them: the order of allocation. */
static void parts_of_bundle(struct writer *w, const struct finding *x, struct ops_role *r)
{
	uint32_t offset = 0, i = 0;
	for (uint32_t part = 0; part < x->plan->n_parts && part < OPS_PARTS; part++) {
		uint64_t most = 0;
		r->part_offset[part] = offset;
		for (; i < x->plan->part_end[part]; i++) {
			const struct site *s = &w->m->sites[x->sites[i]];
			w->part_of_site[s->id] = (uint8_t)part;
			most = s->max_size_bytes > most ? s->max_size_bytes : most;
		}
		offset += (uint32_t)((most + 15) & ~15ull);
	}

	if (offset > r->slot_bytes)
		r->slot_bytes = offset;
}

static void assign_roles(struct writer *w, struct finding *const *findings, uint32_t n)
{
	struct ops_header *h = &w->head;

	h->magic = OPS_MAGIC;
	h->n_roles = n + 1;
	for (uint32_t i = 0; i < n; i++) {
		const struct finding *x = findings[i];
		role_from_plan(&h->roles[i + 1], x->plan);
		for (uint32_t k = 0; k < x->n_sites; k++)
			if (!w->role_of_site[x->sites[k]])
				w->role_of_site[x->sites[k]] = (uint8_t)(i + 1);
		if (x->plan->policy == POLICY_BUNDLE)
			parts_of_bundle(w, x, &h->roles[i + 1]);
		if (x->plan->retained_at_ns && !opstream_is_windowed(w->s))
			w->mark_ns = x->plan->retained_at_ns;
	}
}

static uint16_t dense_thread(struct writer *w, uint32_t thread)
{
	uint16_t *dense = MEM_AT(w->dense, w->n_threads_known, thread);
	if (!*dense && w->n_dense < UINT16_MAX - 1)
		*dense = (uint16_t)++w->n_dense;
	return *dense ? (uint16_t)(*dense - 1) : 0;
}

/* ---- ops from events ---- */

static struct slot_state *slot_state(struct writer *w, uint32_t slot)
{
	if (slot >= w->head.n_slots)
		w->head.n_slots = slot + 1;
	return MEM_AT(w->slots, w->n_slots, slot);
}

/* Into all open windows; made, if not NULL, is the block that the op makes. */
static void opstream_put(struct writer *w, const struct op *o, struct slot_state *made)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ops_window *x = w->open[i];
		struct op_place place = {0, 0};
		if (x)
			place = window_put(w, x, o);
		if (x && w->n_seen >= x->first)
			x->n_role[o->role]++;
		if (made)
			made->place[i] = place;
	}

	w->s->n_role[o->role]++;
	w->n_seen++;
}

/* Events without a stamp before a pause can lie before it: the mark waits for the next stamp. */
static void put_mark(struct writer *w, uint32_t thread)
{
	struct op o = {.code = OP_MARK, .thread = dense_thread(w, thread)};
	if (w->mark_ns && w->open[0])
		window_put(w, w->open[0], &o);
	w->mark_ns = 0;
}

static void before_op(struct writer *w, const struct event *e)
{
	w->last_thread = e->thread;
	opstream_step(w);
	if (w->mark_ns && e->stamped && e->time_ns > w->mark_ns)
		put_mark(w, e->thread);
}

static void block_begins(struct writer *w, struct slot_state *s, const struct block *b,
                         enum op_code code, uint32_t thread)
{
	*s = (struct slot_state){.seq = b->seq,
	                         .size_bytes = b->size_bytes,
	                         .code = (uint8_t)code,
	                         .thread = dense_thread(w, thread),
	                         .align_log2 = b->align_log2,
	                         .live = true};
	w->n_live++;
	w->live_bytes += b->size_bytes;
}

/* Once its code and role are known, and when they change. */
static void block_takes(struct writer *w, struct slot_state *s, enum op_code code)
{
	op_memory_remove(&w->memory, &s->bytes);
	s->bytes = op_bytes(code, s->size_bytes, s->role != 0);
	op_memory_add(&w->memory, &s->bytes);
}

static void opstream_block_ends(struct writer *w, struct slot_state *s)
{
	op_memory_remove(&w->memory, &s->bytes);
	s->bytes = (struct op_bytes){0};
	s->live = false;
	w->n_live--;
	w->live_bytes -= s->size_bytes;
}

static enum op_code opstream_code_of(const struct block *b)
{
	return b->op == PTF_OP_CALLOC    ? OP_CALLOC
	       : b->op == PTF_OP_ALIGNED ? OP_ALIGNED
	                                 : OP_MALLOC;
}

static void opstream_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct writer *w = context;

	if (b->domain != PTF_DOMAIN_C)
		return;
	before_op(w, e);
	struct slot_state *s = slot_state(w, b->slot);
	block_begins(w, s, b, opstream_code_of(b), e->thread);
	s->role = w->role_of_site[b->site_id];
	s->part = w->part_of_site[b->site_id];
	block_takes(w, s, (enum op_code)s->code);
	struct op o = op_of_block(s, b->slot);
	opstream_put(w, &o, s);
	copy_growth_on_alloc(&w->growth, b, b->site_id + 1, 0);
}

/* The allocation before was a step of the container whose old block goes now. */
static void make_grow(struct writer *w, struct slot_state *to, const struct slot_state *from,
                      uint32_t old)
{
	const struct ops_role *r = &w->head.roles[from->role];

	if (to->code != OP_MALLOC || (r->policy != POLICY_RESERVE && to->role != from->role) ||
	    (!r->grow_by_factor && copy_growth_is_small(from->size_bytes, to->size_bytes)))
		return;
	w->s->n_role[to->role]--;
	w->s->n_role[from->role]++;
	to->role = from->role;
	block_takes(w, to, OP_GROW);
	for (unsigned i = 0; i < 2; i++) {
		struct op *o = op_at(w, to->place[i]);
		if (!o)
			continue;
		struct ops_window *x = &w->s->window[to->place[i].window - 1];
		bool timed = to->place[i].at >= x->header->n_setup;
		x->n_role[o->role] -= timed;
		x->n_role[to->role] += timed;
		o->code = OP_GROW;
		o->aux = old;
		o->role = to->role;
	}
}

static void opstream_on_free(void *context, const struct block *b, const struct event *e)
{
	struct writer *w = context;
	struct copy_growth_last room;

	if (b->domain != PTF_DOMAIN_C)
		return;
	before_op(w, e);
	struct slot_state *s = slot_state(w, b->slot);
	const struct copy_growth_last *to = copy_growth_on_free(&w->growth, b, b->site_id + 1,
	                                                        e->thread, &room);
	if (to)
		make_grow(w, &w->slots[to->slot], s, b->slot);
	struct op o = op_of_block(s, b->slot);
	o.code = OP_FREE;
	o.aux = s->part;
	o.thread = dense_thread(w, e->thread);
	opstream_put(w, &o, NULL);
	opstream_block_ends(w, s);
}

static void opstream_on_realloc(void *context, const struct block *old_block,
                                const struct block *new_block, const struct event *e)
{
	struct writer *w = context;

	if (old_block->domain != PTF_DOMAIN_C || new_block->domain != PTF_DOMAIN_C) {
		/* from one allocator to another: no call of the C library's realloc */
		opstream_on_free(w, old_block, e);
		opstream_on_alloc(w, new_block, e);
		return;
	}

	before_op(w, e);
	slot_state(w, new_block->slot);
	struct slot_state *old = slot_state(w, old_block->slot),
			  *s = slot_state(w, new_block->slot);
	uint8_t role = old->role;
	bool follows = w->head.roles[role].policy == POLICY_RESERVE;
	opstream_block_ends(w, old);
	block_begins(w, s, new_block, OP_MALLOC, e->thread);
	s->role = follows ? role : 0;
	block_takes(w, s, OP_REALLOC);
	struct op o = op_of_block(s, new_block->slot);
	o.code = OP_REALLOC;
	o.aux = old_block->slot;
	o.role = role;
	opstream_put(w, &o, s);
	copy_growth_on_alloc(&w->growth, new_block, 0, 0);
}

static void mark_leaks(struct writer *w)
{
	for (uint32_t i = 0; i < w->n_slots; i++) {
		const struct slot_state *s = &w->slots[i];
		if (!s->live || w->head.roles[s->role].policy != POLICY_FREE)
			continue;
		for (unsigned k = 0; k < 2; k++) {
			struct op *o = op_at(w, s->place[k]);
			if (o && o->code == OP_MALLOC)
				o->code = OP_LEAKED;
		}
	}
}

static void write_ops(struct writer *w)
{
	const struct model_observer observer = {
		.context = w,
		.what = "preparing the replays",
		.on_alloc = opstream_on_alloc,
		.on_free = opstream_on_free,
		.on_realloc = opstream_on_realloc,
	};

	copy_growth_init(&w->growth);
	opstream_step(w);
	model_scan(w->m, &observer, 1);
	copy_growth_release(&w->growth);
	if (w->mark_ns)
		put_mark(w, w->last_thread);
	mark_leaks(w);
	w->s->n_ops = w->n_seen;
	for (uint32_t i = 0; i <= w->s->n_windows && !w->failed; i++)
		if (w->s->window[i].header) {
			w->s->window[i].header->n_threads = w->n_dense;
			w->s->window[i].header->n_slots = w->head.n_slots;
			if (op_memory_limits(&w->memory, w->m->trace, w->s->window[i].header) < 0)
				w->failed = true;
		}
}

int opstream_open(struct opstream *s, const struct model *m, struct finding *const *findings,
                  uint32_t n, uint64_t max_ops)
{
	*s = (struct opstream){.n_ops = ops_of_run(m)};
	for (uint32_t i = 0; i <= OPS_WINDOWS; i++)
		s->window[i].fd = -1;
	place_windows(s, max_ops);
	struct writer w = {.s = s, .m = m};
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (m->sites[i].domain == PTF_DOMAIN_C)
			w.peak_bytes += m->sites[i].at_peak_bytes;

	w.role_of_site = mem_zalloc(m->n_sites + 1, 1);
	w.part_of_site = mem_zalloc(m->n_sites + 1, 1);
	assign_roles(&w, findings, n < OPS_ROLES - 1 ? n : OPS_ROLES - 1);
	write_ops(&w);
	free(w.role_of_site);
	free(w.part_of_site);
	free(w.dense);
	free(w.slots);
	if (!w.failed && s->window[0].header)
		return 0;
	opstream_close(s);
	return -1;
}

void opstream_close(struct opstream *s)
{
	for (uint32_t i = 0; i <= OPS_WINDOWS; i++) {
		struct ops_window *x = &s->window[i];
		if (x->header)
			munmap(x->header, x->mapped_bytes);
		if (x->fd >= 0)
			close(x->fd);
		*x = (struct ops_window){.fd = -1};
	}
}

void opstream_drop_role(struct opstream *s, uint32_t role)
{
	for (uint32_t i = 0; i <= OPS_WINDOWS; i++)
		if (s->window[i].header)
			s->window[i].header->roles[role].policy = POLICY_NONE;
}
