/*
 * heaptrack's interpreted data file (src/analyze/accumulatedtracedata.cpp reads it), version 3, not compressed: strings,
 * instruction pointers and traces first, then every event.
 *
 *     s LENGTH TEXT     i IP MODULE FUNCTION FILE LINE     t IP PARENT     a SIZE TRACE     + ALLOCATION     - ALLOCATION
 *     c MILLISECONDS
 *
 * Numbers are hexadecimal; strings, pointers and traces count from 1, allocations from 0.  A source frame has a pointer of its
 * own, inlined ones too.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "export/export.h"
#include "util/mem.h"

#define TICK_NS 10000000u

struct allocation_key {
	uint64_t size_bytes;
	uint64_t node;
};

struct allocation {
	struct allocation_key key;
	uint32_t number;
	UT_hash_handle hh;
};

struct heaptrack {
	struct export_data *d;
	uint32_t *node_of; /* by site id */
	struct allocation *all;
	uint32_t n_all;
	uint32_t *live; /* by slot: number of the allocation */
	uint32_t n_live;
	uint64_t tick;
};

/* ---- names ---- */

static void put_text(FILE *out, const char *text)
{
	char *clean = export_clean(text, "\n\r", ' ');
	fprintf(out, "s %zx %s\n", strlen(clean), clean);
	free(clean);
}

static void put_names(struct heaptrack *h)
{
	struct export_data *d = h->d;
	struct stack_table *t = &d->table;
	uint32_t *module = mem_zalloc(t->n_frames + 1, sizeof *module);

	for (uint32_t i = 0; i < t->n_frames; i++)
		module[i] = stack_table_string(t, *t->frames[i].symbol->module
		                                          ? t->frames[i].symbol->module
		                                          : d->m->process->exe);
	for (uint32_t i = 0; i < t->n_strings; i++)
		put_text(d->out, t->strings[i]);

	for (uint32_t i = 0; i < t->n_frames; i++) {
		const struct stack_frame *f = &t->frames[i];
		fprintf(d->out, "i %x %x %x", i + 0x1000, module[i] + 1, f->function + 1);
		if (*f->symbol->file)
			fprintf(d->out, " %x %x", f->file + 1, f->symbol->line);
		else
			fputs(" 0 0", d->out);
		putc('\n', d->out);
	}
	for (uint32_t node = 1; node < t->n_nodes; node++)
		fprintf(d->out, "t %x %x\n", t->nodes[node].frame + 1, t->nodes[node].parent);
	free(module);
}

static void put_head(const struct heaptrack *h)
{
	const struct trace_process *p = h->d->m->process;

	fputs("v 10400 3\nX", h->d->out);
	for (uint32_t i = 0; i < p->argc; i++) {
		char *word = export_clean(p->argv[i], "\n\r", ' ');
		fprintf(h->d->out, " %s", word);
		free(word);
	}
	if (!p->argc)
		fprintf(h->d->out, " pid %u", p->pid);
	fputs("\nI 1000 1\n", h->d->out);
}

/* ---- events ---- */

static void heaptrack_put_time(struct heaptrack *h, uint64_t time_ns)
{
	if (time_ns / TICK_NS == h->tick)
		return;
	h->tick = time_ns / TICK_NS;
	fprintf(h->d->out, "c %llx\n", (unsigned long long)time_ns / 1000000);
}

static uint32_t allocation_of(struct heaptrack *h, const struct block *b)
{
	struct allocation_key key = {b->size_bytes, h->node_of[b->site_id]};
	struct allocation *a;

	HASH_FIND(hh, h->all, &key, sizeof key, a);
	if (a)
		return a->number;
	a = mem_alloc(sizeof *a);
	*a = (struct allocation){.key = key, .number = h->n_all++};
	HASH_ADD(hh, h->all, key, sizeof a->key, a);
	fprintf(h->d->out, "a %llx %llx\n", (unsigned long long)key.size_bytes,
	        (unsigned long long)key.node);
	return a->number;
}

static void heaptrack_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct heaptrack *h = context;
	(void)e;
	heaptrack_put_time(h, b->time_ns);
	uint32_t number = allocation_of(h, b);
	*MEM_AT(h->live, h->n_live, b->slot) = number;
	fprintf(h->d->out, "+ %x\n", number);
}

static void heaptrack_on_free(void *context, const struct block *b, const struct event *e)
{
	struct heaptrack *h = context;
	heaptrack_put_time(h, e->time_ns);
	fprintf(h->d->out, "- %x\n", *MEM_AT(h->live, h->n_live, b->slot));
}

static void heaptrack_on_realloc(void *context, const struct block *old_block,
                                 const struct block *new_block, const struct event *e)
{
	heaptrack_on_free(context, old_block, e);
	heaptrack_on_alloc(context, new_block, e);
}

static void heaptrack_print(struct export_data *d)
{
	struct heaptrack h = {.d = d};
	const struct model_observer observer = {
		.context = &h,
		.what = "writing events",
		.on_alloc = heaptrack_on_alloc,
		.on_free = heaptrack_on_free,
		.on_realloc = heaptrack_on_realloc,
	};
	struct allocation *a, *next;

	h.node_of = mem_zalloc(d->m->n_sites + 1, sizeof *h.node_of);
	for (uint32_t i = 0; i < d->m->n_sites; i++)
		h.node_of[i] = d->rows[d->row_of[i]].node;
	put_head(&h);
	put_names(&h);
	model_scan(d->m, &observer, 1);
	fprintf(d->out, "c %llx\n", (unsigned long long)d->m->duration_ns / 1000000);

	HASH_ITER (hh, h.all, a, next) {
		HASH_DEL(h.all, a);
		free(a);
	}
	free(h.node_of);
	free(h.live);
}

const struct export_format export_heaptrack = {.name = "heaptrack",
                                               .consumer = "heaptrack_print, heaptrack_gui",
                                               .print = heaptrack_print};
