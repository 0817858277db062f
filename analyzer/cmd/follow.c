/* See follow.h. */
#include "cmd/follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/event_line.h"
#include "cmd/live_addresses.h"
#include "detect/detect.h"
#include "util/mem.h"
#include "util/text.h"

struct follower {
	const struct model *m;
	const struct findings *findings;
	uint64_t address;
	uint64_t n;
	uint32_t *n_allocs; /* by thread */
	uint32_t n_threads;
	uint32_t allocation; /* of the block at the address: number in its thread */
};

/* Hops that a trace shows; 1 to 4 happen in the recorder, 12 is the report. */
static void put_legend(void)
{
	fputs("hops of an allocation, see docs/architecture.md:\n"
	      "5 record   its bytes in the trace file\n"
	      "6 event    what they say, in one order with the other threads\n"
	      "7 block    the memory from its allocation to its free\n"
	      "8 site     all blocks of its call stack\n"
	      "9 finding  what is advised about the site\n"
	      "10 gain    what that would save\n"
	      "11 symbols the functions of its call stack, the allocation first\n\n",
	      stdout);
}

/* Of the quantities that are predicted the one that a reader asks for first. */
static void put_gain(const struct prediction *p)
{
	const struct interval *saved = p->cpu_ms_saved.present       ? &p->cpu_ms_saved
	                               : p->live_bytes_saved.present ? &p->live_bytes_saved
	                                                             : &p->allocator_calls_saved;
	const char *unit = p->cpu_ms_saved.present       ? "ms of CPU"
	                   : p->live_bytes_saved.present ? "bytes at the peak"
	                                                 : "allocator calls";
	if (saved->present)
		printf("10 gain    %.3g to %.3g %s (%s)\n", saved->low, saved->high, unit,
		       tier_name(p->tier));
	else
		puts("10 gain    none is predicted");
}

static void put_findings(const struct follower *f, const struct site *s)
{
	bool any = false;

	for (uint32_t i = 0; i < f->findings->n; i++) {
		const struct finding *x = f->findings->list[i];
		for (uint32_t k = 0; k < x->n_sites; k++)
			if (x->sites[k] == s->id) {
				printf("9 finding  #%u %s: ", x->id, x->kind);
				text_put(stdout, x->title ? x->title : "");
				putchar('\n');
				put_gain(&x->prediction);
				any = true;
			}
	}

	if (!any)
		puts("9 finding  none about this site");
}

static void put_block(const struct follower *f, const struct block *b, const struct event *end)
{
	const struct site *s = &f->m->sites[b->site_id];

	printf("7 block    slot %u, allocation %u of thread %u, ", b->slot, f->allocation,
	       b->thread);
	if (end)
		printf("ended by event %llu after %s\n", (unsigned long long)end->seq,
		       short_ns((double)(end->time_ns - b->time_ns)));
	else
		puts("live at the end");

	printf("8 site     %u: %llu allocations, %llu frees, %llu bytes live at most\n", s->id,
	       (unsigned long long)s->allocs, (unsigned long long)s->frees,
	       (unsigned long long)s->peak_live_bytes);
	put_findings(f, s);
	struct stack_view v = model_site_stack(f->m, s);
	for (uint32_t i = 0; i < v.n; i++) {
		printf("%s ", i ? "          " : "11 symbols");
		event_line_put_symbol(v.frames[i]);
		fputs(i == v.named           ? "   <- named after this one\n"
		      : v.frames[i]->inlined ? "   (inlined)\n"
		                             : "\n",
		      stdout);
	}

	putchar('\n');
}

static void follow_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct follower *f = context;
	uint32_t n = ++*MEM_AT(f->n_allocs, f->n_threads, b->thread);
	(void)e;
	if (b->address == f->address)
		f->allocation = n;
}

static void follow_on_free(void *context, const struct block *b, const struct event *e)
{
	struct follower *f = context;
	if (b->address == f->address) {
		f->n++;
		put_block(f, b, e);
	}
}

static void follow_on_realloc(void *context, const struct block *old_block,
                              const struct block *new_block, const struct event *e)
{
	follow_on_free(context, old_block, e);
	follow_on_alloc(context, new_block, e);
}

static bool follow_on_live(void *context, const struct block *b)
{
	struct follower *f = context;
	if (b->address == f->address) {
		f->n++;
		put_block(f, b, NULL);
	}
	return true;
}

/* Hops 5 and 6: where the bytes are, and the events they make. */
static void follow_bytes(struct model *m, uint64_t address)
{
	struct live_addresses live;
	struct event e;

	live_addresses_init(&live);
	struct events *events = events_new(m->trace, live_addresses_have, &live);
	events_want_origins(events);
	while (events_next(events, &e)) {
		live_addresses_note(&live, &e);
		if (e.address != address || e.kind > EVENT_CLASS)
			continue;
		struct event_origin o = events_origin(events);
		printf("5 record   chunk at %llu, payload byte %u, %u bytes\n6 event    ",
		       (unsigned long long)o.chunk_offset, o.chunk_byte, o.n_bytes);
		event_line_put(m->trace, &e, NULL);
	}

	events_free(events);
	live_addresses_release(&live);
	putchar('\n');
}

int follow_address(struct trace *t, uint64_t address)
{
	struct model *m;
	struct findings findings = {0};

	if (model_build(t, detect_parts(NULL), &m) < 0)
		return EXIT_FAILED;
	struct detect *d = detect_new(m, NULL);
	detect_run(d, NULL, &findings);
	struct follower f = {.m = m, .findings = &findings, .address = address};
	struct model_observer o = {.context = &f,
	                           .on_alloc = follow_on_alloc,
	                           .on_free = follow_on_free,
	                           .on_realloc = follow_on_realloc};
	put_legend();
	follow_bytes(m, address);
	model_scan(m, &o, 1);
	model_each_live_block(m, follow_on_live, &f);
	if (!f.n)
		error("no block lived at %#llx", (unsigned long long)address);
	int code = f.n ? load_exit_code(m) : EXIT_FAILED;
	free(f.n_allocs);
	detect_free(d);
	findings_release(&findings);
	model_free(m);
	return code;
}
