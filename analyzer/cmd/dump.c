/*
 * `pooltrace dump`: the events of a trace, one line each; with --follow ADDR the way of each block
 * that lived at an address, hop by hop: bytes in the file, event, block, site, names, findings.
 */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

struct dump_command {
	uint64_t follow; /* address, 0 none */
	uint64_t limit;  /* events to print */
	bool names, help_shown;
};

static const struct option_row rows[] = {
	{"follow", 0, "ADDR", "follow the blocks that lived at this address through all stages"},
	{"limit", 'n', "N", "print so many events only"},
	{"names", 0, NULL, "print the function that each stack is named after"},
	DEBUGINFOD_ROW,
	{0},
};

static int take_follow(struct dump_command *c, const char *value)
{
	char *end;
	c->follow = strtoull(value, &end, 16);
	return *end || !c->follow ? error("'--follow' needs an address, not '%s'", value) : 0;
}

static int dump_take(void *context, const char *name, const char *value)
{
	struct dump_command *c = context;
	long n;

	if (!strcmp(name, "follow"))
		return take_follow(c, value);
	if (!strcmp(name, "names")) {
		c->names = true;
		return 0;
	}

	if (!strcmp(name, "debuginfod")) {
		symbols_ask_server();
		return 0;
	}

	if (!strcmp(name, "limit")) {
		n = options_number(name, value, 0);
		c->limit = (uint64_t)n;
		return n < 0 ? -1 : 0;
	}

	command_help(stdout, &cmd_dump);
	c->help_shown = true;
	return -1;
}

static const char *op_name(const struct event *e)
{
	switch (e->op) {
	case PTF_OP_MALLOC:
		return "malloc";
	case PTF_OP_CALLOC:
		return "calloc";
	case PTF_OP_ALIGNED:
		return "aligned";
	case PTF_OP_NEW:
		return "new";
	case PTF_OP_REALLOC:
		return "realloc";
	case PTF_OP_FREE:
		return "free";
	case PTF_OP_DELETE:
		return "delete";
	case PTF_OP_REALLOC_FREE:
		return "realloc-of";
	default:
		return "?";
	}
}

static const char *region_name(uint8_t region)
{
	static const char *const names[] = {"?",
	                                    "mmap",
	                                    "munmap",
	                                    "mremap",
	                                    "backing-mmap",
	                                    "backing-munmap",
	                                    "backing-mremap",
	                                    "brk"};
	return names[region <= PTF_REGION_BRK ? region : 0];
}

static void put_mark(const struct trace *t, const struct event *e)
{
	static const char *const kinds[] = {"mark", "mark", "region", "region-end"};
	char name[MARK_NAME_BYTES + 1];
	trace_mark_name(t, e, name);
	printf("%-10s", kinds[e->region < 4 ? e->region : 0]);
	if (e->old_address)
		printf(" %llu", (unsigned long long)e->old_address);
	if (*name) {
		putchar(' ');
		text_put(stdout, name);
	}
}

static void put_what(const struct trace *t, const struct event *e)
{
	switch (e->kind) {
	case EVENT_ALLOC:
		printf("%-10s %#llx size %llu stack %u", op_name(e), (unsigned long long)e->address,
		       (unsigned long long)e->size_bytes, e->stack);
		if (e->align_log2)
			printf(" align %llu", 1ull << (e->align_log2 & 63));
		if (e->class_id)
			printf(" class %u", e->class_id);
		if (e->owner)
			printf(" owner %#llx", (unsigned long long)e->owner);
		break;
	case EVENT_FREE:
		printf("%-10s %#llx stack %u", op_name(e), (unsigned long long)e->address,
		       e->stack);
		break;
	case EVENT_UNDO:
		printf("%-10s", "undo");
		break;
	case EVENT_CLASS:
		printf("%-10s %#llx class %u", "class", (unsigned long long)e->address,
		       e->class_id);
		break;
	case EVENT_REGION:
		printf("%-10s %#llx size %llu stack %u from %#llx size %llu",
		       region_name(e->region), (unsigned long long)e->address,
		       (unsigned long long)e->size_bytes, e->stack,
		       (unsigned long long)e->old_address, (unsigned long long)e->old_bytes);
		break;
	case EVENT_GC:
		printf("%-10s generation %u", e->gc_stop ? "gc-stop" : "gc-start", e->generation);
		if (e->gc_stop)
			printf(" collected %llu uncollectable %llu",
			       (unsigned long long)e->collected,
			       (unsigned long long)e->uncollectable);
		break;
	case EVENT_ARGUMENT:
		printf("%-10s %#llx", "argument", (unsigned long long)e->address);
		break;
	case EVENT_CONSTRUCTED:
		printf("%-10s %#llx class %u in %llu ns", "built", (unsigned long long)e->address,
		       e->class_id, (unsigned long long)e->size_bytes);
		if (e->owner)
			printf(" cpu %llu ns", (unsigned long long)e->owner - 1);
		break;
	case EVENT_MARK:
		put_mark(t, e);
		break;
	}
}

static void dump_put_symbol(const struct symbol *x)
{
	text_put(stdout, x->function);
	if (*x->file) {
		putchar(' ');
		text_put(stdout, x->file);
		printf(":%u", x->line);
	}
}

static void put_event(const struct trace *t, const struct event *e, struct symbols *names)
{
	printf("%8llu %14.6f ms%s thread %u  ", (unsigned long long)e->seq,
	       (double)e->time_ns / 1e6, e->stamped ? " " : "~", e->thread);
	put_what(t, e);
	if (names && e->stack) {
		struct stack_view v = symbols_stack(names, e->stack);
		fputs("  ", stdout);
		dump_put_symbol(v.frames[v.named]);
	}
	putchar('\n');
}

/* Addresses that are live, for the order of the merge: what pairing does in a report. */
struct live_set {
	uint64_t *address;
	uint64_t n, mask;
};

static uint64_t live_slot(const struct live_set *s, uint64_t address)
{
	uint64_t i = (address * 0x9E3779B97F4A7C15ull >> 20) & s->mask;
	while (s->address[i] && s->address[i] != address)
		i = (i + 1) & s->mask;
	return i;
}

static bool live_has(void *context, uint64_t address)
{
	const struct live_set *s = context;
	return address && s->address[live_slot(s, address)] == address;
}

static void live_add(struct live_set *s, uint64_t address)
{
	if (s->n * 2 >= s->mask) {
		struct live_set more = {.n = s->n, .mask = s->mask * 2 + 1};
		more.address = mem_zalloc(more.mask + 1, sizeof *more.address);
		for (uint64_t i = 0; i <= s->mask; i++)
			if (s->address[i])
				more.address[live_slot(&more, s->address[i])] = s->address[i];
		free(s->address);
		*s = more;
	}

	uint64_t i = live_slot(s, address);
	s->n += s->address[i] == 0;
	s->address[i] = address;
}

static void live_remove(struct live_set *s, uint64_t address)
{
	uint64_t i = live_slot(s, address);
	if (s->address[i] != address)
		return;
	s->n--;
	s->address[i] = 0;
	for (i = (i + 1) & s->mask; s->address[i]; i = (i + 1) & s->mask) {
		uint64_t moved = s->address[i];
		s->address[i] = 0;
		s->address[live_slot(s, moved)] = moved;
	}
}

static void live_note(struct live_set *s, const struct event *e)
{
	if (e->kind == EVENT_ALLOC && e->address)
		live_add(s, e->address);
	else if (e->kind == EVENT_FREE && e->address)
		live_remove(s, e->address);
}

static void dump_events(struct trace *t, const struct dump_command *c)
{
	struct live_set live = {.mask = 1023};
	struct symbols *names = c->names ? symbols_new(t) : NULL;
	struct event e;

	live.address = mem_zalloc(live.mask + 1, sizeof *live.address);
	struct events *events = events_new(t, live_has, &live);
	for (uint64_t n = 0; n < c->limit && events_next(events, &e); n++) {
		live_note(&live, &e);
		put_event(t, &e, names);
	}

	events_free(events);
	symbols_free(names);
	free(live.address);
}

/* ---- one address through all stages ---- */

struct follower {
	const struct model *m;
	const struct findings *findings;
	uint64_t address;
	uint64_t n;
	uint32_t *n_allocs; /* by thread */
	uint32_t n_threads;
	uint32_t allocation; /* of the block at the address: number in its thread */
};

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
	bool any = false;
	for (uint32_t i = 0; i < f->findings->n; i++) {
		const struct finding *x = f->findings->list[i];
		for (uint32_t k = 0; k < x->n_sites; k++)
			if (x->sites[k] == s->id) {
				printf("9 finding  #%u %s: ", x->id, x->kind);
				text_put(stdout, x->title ? x->title : "");
				putchar('\n');
				any = true;
			}
	}

	if (!any)
		puts("9 finding  none about this site");
	struct stack_view v = model_site_stack(f->m, s);
	for (uint32_t i = 0; i < v.n; i++) {
		printf("%s ", i ? "          " : "11 symbols");
		dump_put_symbol(v.frames[i]);
		fputs(i == v.named           ? "   <- named after this one\n"
		      : v.frames[i]->inlined ? "   (inlined)\n"
		                             : "\n",
		      stdout);
	}

	putchar('\n');
}

static void dump_on_alloc(void *context, const struct block *b, const struct event *e)
{
	struct follower *f = context;
	uint32_t n = ++*MEM_AT(f->n_allocs, f->n_threads, b->thread);
	(void)e;
	if (b->address == f->address)
		f->allocation = n;
}

static void dump_on_free(void *context, const struct block *b, const struct event *e)
{
	struct follower *f = context;
	if (b->address == f->address) {
		f->n++;
		put_block(f, b, e);
	}
}

static void dump_on_realloc(void *context, const struct block *old_block,
                            const struct block *new_block, const struct event *e)
{
	dump_on_free(context, old_block, e);
	dump_on_alloc(context, new_block, e);
}

static bool on_live(void *context, const struct block *b)
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
	struct live_set live = {.mask = 1023};
	struct event e;

	live.address = mem_zalloc(live.mask + 1, sizeof *live.address);
	struct events *events = events_new(m->trace, live_has, &live);
	while (events_next(events, &e)) {
		live_note(&live, &e);
		if (e.address != address || e.kind > EVENT_CLASS)
			continue;
		struct event_origin o = events_origin(events);
		printf("5 file     chunk at %llu, payload byte %u, %u bytes\n6 event    ",
		       (unsigned long long)o.chunk_offset, o.chunk_byte, o.n_bytes);
		put_event(m->trace, &e, NULL);
	}

	events_free(events);
	free(live.address);
	putchar('\n');
}

static int follow(struct trace *t, uint64_t address)
{
	struct model *m;
	struct findings findings = {0};

	if (model_build(t, NULL, 0, &m) < 0)
		return EXIT_FAILED;
	struct detect *d = detect_new(m, NULL);
	detect_run(d, NULL, &findings);
	struct follower f = {.m = m, .findings = &findings, .address = address};
	struct model_observer o = {.context = &f,
	                           .on_alloc = dump_on_alloc,
	                           .on_free = dump_on_free,
	                           .on_realloc = dump_on_realloc};
	follow_bytes(m, address);
	model_scan(m, &o, 1);
	model_each_live_block(m, on_live, &f);
	if (!f.n)
		error("no block lived at %#llx", (unsigned long long)address);
	int code = f.n ? load_exit_code(m) : EXIT_FAILED;
	free(f.n_allocs);
	detect_free(d);
	findings_release(&findings);
	model_free(m);
	return code;
}

static int dump_run(int argc, char **argv)
{
	struct dump_command c = {.limit = UINT64_MAX};
	struct trace *t;
	int first = options_parse(argc, argv, rows, false, dump_take, &c);

	if (first < 0)
		return usage_exit(c.help_shown);
	if (first + 1 != argc) {
		error("dump needs one trace");
		return EXIT_USAGE;
	}

	if (trace_open(argv[first], &t) < 0)
		return EXIT_FAILED;
	if (c.follow)
		return follow(t, c.follow);
	dump_events(t, &c);
	int code = trace_is_damaged(t) ? EXIT_DAMAGED : EXIT_FINE;
	if (code)
		warning("'%s' is damaged: offset %llu: %s", t->path,
		        (unsigned long long)t->health.first_damage_offset, t->health.first_damage);

	trace_free(t);
	return code;
}

const struct command cmd_dump = {
	.name = "dump",
	.arguments = "[OPTIONS] TRACE",
	.summary = "print the events of a trace, or follow one block through all stages",
	.text = "Columns: number, time (~: interpolated), thread, what happened.",
	.options = rows,
	.run = dump_run,
};
