/*
 * See opstream.h.  The file is sparse and mapped, so that an op can be changed later: that a container
 * grew is known only when its old block is freed, that a block leaked only at the end.
 */
#include "simulate/opstream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "detect/growth.h"
#include "detect/plan.h"
#include "util/error.h"
#include "util/mem.h"

#define NO_OP UINT64_MAX

struct slot_state {
	uint64_t first_op; /* that made the block, NO_OP none */
	uint8_t role, part;
};

struct writer {
	struct opstream *s;
	struct op *ops;
	const struct model *m;
	uint8_t *role_of_site, *part_of_site;
	uint16_t *dense; /* thread number -> dense + 1 */
	uint32_t n_dense, n_threads_known;
	struct slot_state *slots;
	uint32_t n_slots;
	struct growth growth;
	uint64_t mark_ns; /* 0: none left */
	uint32_t last_thread;
};

static int temporary_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR, 0600);
	return fd >= 0 ? fd : memfd_create("pooltrace-ops", 0);
}

static int map_file(struct opstream *s, const struct model *m)
{
	uint64_t n = m->totals.allocs + m->totals.frees + 64;
	s->mapped_bytes = sizeof *s->header + (n < OPS_MAX ? n : OPS_MAX) * sizeof(struct op);
	s->fd = temporary_file();
	if (s->fd < 0 || ftruncate(s->fd, (off_t)s->mapped_bytes))
		return error_errno("cannot create a temporary file for the replay");
	s->header = mmap(NULL, s->mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->header == MAP_FAILED) {
		s->header = NULL;
		return error_errno("cannot map a temporary file for the replay");
	}
	s->header->magic = OPS_MAGIC;
	return 0;
}

static void role_from_plan(struct ops_role *r, const struct plan *p)
{
	r->policy = p->policy;
	r->slot_bytes = p->slot_bytes;
	r->chunk_slots = p->chunk_slots;
	r->chunk_bytes = p->chunk_bytes;
	r->reserve_bytes = p->reserve_bytes;
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
	struct ops_header *h = w->s->header;
	h->n_roles = n + 1;
	for (uint32_t i = 0; i < n; i++) {
		const struct finding *x = findings[i];
		role_from_plan(&h->roles[i + 1], x->plan);
		for (uint32_t k = 0; k < x->n_sites; k++)
			if (!w->role_of_site[x->sites[k]])
				w->role_of_site[x->sites[k]] = (uint8_t)(i + 1);
		if (x->plan->policy == POLICY_BUNDLE)
			parts_of_bundle(w, x, &h->roles[i + 1]);
		if (x->plan->retained_at_ns)
			w->mark_ns = x->plan->retained_at_ns;
	}
}

static uint16_t dense_thread(struct writer *w, uint32_t thread)
{
	if (thread >= w->n_threads_known) {
		uint32_t n = thread * 2 + 16;
		w->dense = mem_realloc(w->dense, n * sizeof *w->dense);
		memset(w->dense + w->n_threads_known, 0,
		       (n - w->n_threads_known) * sizeof *w->dense);
		w->n_threads_known = n;
	}
	if (!w->dense[thread] && w->n_dense < UINT16_MAX - 1)
		w->dense[thread] = (uint16_t)++w->n_dense;
	return w->dense[thread] ? (uint16_t)(w->dense[thread] - 1) : 0;
}

static struct slot_state *slot_state(struct writer *w, uint32_t slot)
{
	if (slot >= w->n_slots) {
		uint32_t n = slot * 2 + 1024;
		w->slots = mem_realloc(w->slots, n * sizeof *w->slots);
		for (uint32_t i = w->n_slots; i < n; i++)
			w->slots[i] = (struct slot_state){.first_op = NO_OP};
		w->n_slots = n;
	}
	if (slot >= w->s->header->n_slots)
		w->s->header->n_slots = slot + 1;
	return &w->slots[slot];
}

static uint64_t put(struct writer *w, enum op_code code, uint32_t slot, uint64_t size_bytes,
                    uint32_t aux, uint8_t role, uint32_t thread)
{
	struct ops_header *h = w->s->header;
	if (sizeof *h + (h->n_ops + 1) * sizeof(struct op) > w->s->mapped_bytes) {
		w->s->cut = true;
		w->s->n_left_out++;
		return NO_OP;
	}
	w->ops[h->n_ops] = (struct op){
		.slot = slot,
		.size = size_bytes < UINT32_MAX ? (uint32_t)size_bytes : UINT32_MAX,
		.aux = aux,
		.code = (uint8_t)code,
		.role = role,
		.thread = dense_thread(w, thread),
	};
	return h->n_ops++;
}

/* Events without a stamp before a pause may well lie before it: the mark waits for the next stamp. */
static void put_mark(struct writer *w, const struct event *e)
{
	if (w->mark_ns && e->stamped && e->time_ns > w->mark_ns) {
		put(w, OP_MARK, 0, 0, 0, 0, e->thread);
		w->mark_ns = 0;
	}
}

static enum op_code code_of(const struct block *b)
{
	return b->op == PTF_OP_CALLOC    ? OP_CALLOC
	       : b->op == PTF_OP_ALIGNED ? OP_ALIGNED
	                                 : OP_MALLOC;
}

static void on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct writer *w = context;
	w->last_thread = e->thread;
	if (b->domain != PTF_DOMAIN_C)
		return;
	put_mark(w, e);
	struct slot_state *s = slot_state(w, b->slot);
	s->role = w->role_of_site[b->site->id];
	s->part = w->part_of_site[b->site->id];
	enum op_code code = code_of(b);
	s->first_op = put(w, code, b->slot, b->size_bytes,
	                  code == OP_ALIGNED ? b->align_log2 : s->part, s->role, e->thread);
	growth_on_alloc(&w->growth, b, b->site->id + 1, s->first_op);
}

/* The allocation before was a step of the container whose old block goes now. */
static void make_grow(struct writer *w, const struct growth_last *to, const struct slot_state *from,
                      uint32_t old)
{
	struct slot_state *s = slot_state(w, to->slot);
	const struct ops_role *r = &w->s->header->roles[from->role];
	if (to->tag == NO_OP || w->ops[to->tag].code != OP_MALLOC)
		return;
	if (r->policy == POLICY_RESERVE || s->role == from->role)
		s->role = from->role;
	else
		return;
	w->ops[to->tag].code = OP_GROW;
	w->ops[to->tag].aux = old;
	w->ops[to->tag].role = s->role;
}

static void on_free(void *context, const struct block *b, const struct event *e)
{
	struct writer *w = context;
	w->last_thread = e->thread;
	struct growth_last room;
	if (b->domain != PTF_DOMAIN_C)
		return;
	put_mark(w, e);
	struct slot_state s = *slot_state(w, b->slot);
	if (s.first_op == NO_OP)
		return; /* beyond what is replayed */
	const struct growth_last *to = growth_on_free(&w->growth, b, b->site->id + 1, e->thread,
	                                              &room);
	if (to)
		make_grow(w, to, &s, b->slot);
	put(w, OP_FREE, b->slot, b->size_bytes, s.part, s.role, e->thread);
	slot_state(w, b->slot)->first_op = NO_OP;
}

static void on_realloc(void *context, const struct block *old_block, const struct block *new_block,
                       const struct event *e)
{
	struct writer *w = context;
	if (new_block->domain != PTF_DOMAIN_C)
		return;
	struct slot_state old = *slot_state(w, old_block->slot);
	if (old.first_op == NO_OP)
		return;
	slot_state(w, old_block->slot)->first_op = NO_OP;
	bool follows = w->s->header->roles[old.role].policy == POLICY_RESERVE;
	struct slot_state *s = slot_state(w, new_block->slot);
	*s = (struct slot_state){.role = follows ? old.role : 0};
	s->first_op = put(w, OP_REALLOC, new_block->slot, new_block->size_bytes, old_block->slot,
	                  old.role, e->thread);
	growth_on_alloc(&w->growth, new_block, 0, 0);
}

static void mark_leaks(struct writer *w)
{
	for (uint32_t i = 0; i < w->n_slots; i++) {
		const struct slot_state *s = &w->slots[i];
		if (s->first_op != NO_OP && w->s->header->roles[s->role].policy == POLICY_FREE &&
		    w->ops[s->first_op].code == OP_MALLOC)
			w->ops[s->first_op].code = OP_LEAKED;
	}
}

static void write_ops(struct writer *w)
{
	const struct model_observer observer = {
		.context = w, .on_alloc = on_alloc, .on_free = on_free, .on_realloc = on_realloc};
	growth_init(&w->growth);
	model_replay(w->m, &observer, 1);
	growth_release(&w->growth);
	if (w->mark_ns)
		put(w, OP_MARK, 0, 0, 0, 0, w->last_thread);
	mark_leaks(w);
	w->s->header->n_threads = w->n_dense;
}

int opstream_open(struct opstream *s, const struct model *m, struct finding *const *findings,
                  uint32_t n)
{
	*s = (struct opstream){.fd = -1};
	if (map_file(s, m)) {
		opstream_close(s);
		return -1;
	}
	struct writer w = {.s = s, .m = m, .ops = (struct op *)(void *)(s->header + 1)};
	w.role_of_site = mem_zalloc(m->n_sites + 1, 1);
	w.part_of_site = mem_zalloc(m->n_sites + 1, 1);
	assign_roles(&w, findings, n < OPS_ROLES - 1 ? n : OPS_ROLES - 1);
	write_ops(&w);
	free(w.role_of_site);
	free(w.part_of_site);
	free(w.dense);
	free(w.slots);
	return 0;
}

void opstream_close(struct opstream *s)
{
	if (s->header)
		munmap(s->header, s->mapped_bytes);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct opstream){.fd = -1};
}
