/* See event_line.h. */
#include "cmd/event_line.h"

#include <stdio.h>

#include "util/text.h"

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

void event_line_put_symbol(const struct symbol *x)
{
	text_put(stdout, x->function);
	if (*x->file) {
		putchar(' ');
		text_put(stdout, x->file);
		printf(":%u", x->line);
	}
}

void event_line_put(const struct trace *t, const struct event *e, struct symbols *names)
{
	printf("%8llu %14.6f ms%s thread %u  ", (unsigned long long)e->seq,
	       (double)e->time_ns / 1e6, e->stamped ? " " : "~", e->thread);
	put_what(t, e);
	if (names && e->stack) {
		struct stack_view v = symbols_stack(names, e->stack);
		fputs("  ", stdout);
		event_line_put_symbol(v.frames[v.named]);
	}
	putchar('\n');
}
