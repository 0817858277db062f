/*
 * Places: sites added up by the source frame that they are named after, and by class.  A site is a whole
 * stack, so one line of a program has as many sites as ways that lead to it.
 *
 * What Python allocates to import a module is named after the import statement, not after the machinery's
 * own lines; what an interpreter allocates before and after the program is one place each.  All sums of
 * sites equal all sums of places.
 */
#ifndef PT_REPORT_PLACES_H
#define PT_REPORT_PLACES_H

#include "report/stack_table.h"
#include "util/mem.h"

enum place_kind { PLACE_FRAME, PLACE_IMPORT, PLACE_START, PLACE_END, PLACE_SMALL };

/* Numbers that add up over sites; units as in struct site. */
struct site_sums {
	uint64_t allocs, frees, allocated_bytes;
	uint64_t live_blocks, live_bytes;
	uint64_t at_peak_blocks, at_peak_bytes;
	uint64_t temporary, cross_thread_frees, gc_frees;
};

void sums_add_site(struct site_sums *sum, const struct site *s);
void sums_add(struct site_sums *sum, const struct site_sums *x);
/* True if the sums are below the share of the process's in everything. */
bool sums_are_small(const struct model *m, const struct site_sums *x, double share);

struct place_entry;

struct place {
	const struct symbol
		*symbol;   /* the frame; PLACE_IMPORT: the import statement's; NULL: none */
	uint32_t frame;    /* its number in places.table */
	uint32_t class_id; /* 0 none */
	uint8_t kind;      /* enum place_kind */
	const char *label; /* "import json.decoder", "[interpreter start-up]"; NULL: none */
	struct site_sums sums;
	uint32_t n_sites;
	uint32_t site;           /* the one with most allocated bytes */
	uint32_t thread;         /* that allocates most here */
	uint64_t thread_allocs;  /* its share of them */
	uint32_t n_threads;      /* most threads seen at one site */
	struct hist lifetime_ns; /* of freed blocks */
	struct hist size;        /* requested bytes */
};

struct places {
	struct stack_table table; /* frames only, merged */
	struct place *list;       /* in order of their first site */
	uint32_t n, room;
	uint32_t *of_site; /* place of each site */
	struct place_entry *index;
	uint32_t *
		imported; /* by trace node: code id + 1 of the module that its importlib frame loads */
	struct arena labels;
};

void places_init(struct places *p, const struct model *m);
void places_release(struct places *p);
/* Adds up the places that are below the share in everything (see site_rows()) in a last one. */
void places_fold(struct places *p, const struct model *m, double least_share);

/* The symbol that a stack is named after, without building a view of it; NULL: unknown stack. */
const struct symbol *stack_name(const struct model *m, uint32_t trace_node, uint32_t *at_node);

#endif
