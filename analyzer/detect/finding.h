/*
 * A finding: what a detector claims about the program, why, and what changing it would bring.  Plain
 * data; detectors fill it in, simulators may sharpen its prediction, reports print it.  Nothing here
 * formats for a reader and nothing in a report computes.
 *
 * All strings are owned by the finding and are made with the finding_... functions.
 */
#ifndef PT_DETECT_FINDING_H
#define PT_DETECT_FINDING_H

#include <stdbool.h>
#include <stdint.h>

struct model;

enum verdict {
	VERDICT_WIN,     /* worth doing */
	VERDICT_MINOR,   /* right, but small: folded in the text report */
	VERDICT_INFO,    /* nothing to change; worth knowing (already-pooled, counts, tables) */
	VERDICT_REFUTED, /* promised, and not shown by a trial */
	VERDICT_NONE,    /* looked at and rejected; printed by --explain only, with the reason */
};

/* How a prediction was reached; later ones are better. */
enum tier {
	TIER_COUNTED,  /* exact, from the events */
	TIER_MODELLED, /* cost table x counts, or a formula */
	TIER_REPLAYED, /* measured by replaying the trace */
	TIER_ENACTED,  /* measured in the program itself, with the advice enacted by a library */
	N_TIERS
};

struct interval {
	bool present;
	double low, high;
};

struct evidence {
	char *name; /* stable, snake_case: "frees_share", "peak_live_blocks" */
	double value;
	char *unit;      /* "", "bytes", "ns", "share", "per_s", ... ; NULL: text holds the value */
	char *text;      /* for evidence that is no number, else NULL */
	char *threshold; /* "leak_min_r2 >= 0.95": the option that it passed; NULL none */
};

struct prediction {
	enum tier tier;
	struct interval allocator_calls_saved;
	struct interval live_bytes_saved; /* at the process's peak; negative: costs memory */
	struct interval cpu_ms_saved;
	struct interval objects_saved; /* constructions, instances */
	char *assumes; /* what it does not see or takes for granted; NULL nothing to add */
};

struct finding {
	uint32_t id;      /* from 1 in the order of the report; set by findings_rank() */
	char key[9];      /* 8 hex digits from kind and place: the same in each run; detect_run() */
	bool borderline;  /* its gain lies near a gate: another run may lie on the other side */
	const char *kind; /* the detector's word: "leak", "slab", "slots", ... */
	enum verdict verdict;
	char *title; /* one line, no full stop: "region per document: 2 sites, 300 rounds" */

	/* Where.  The first site is the one to show; a class finding may have none. */
	uint32_t *sites; /* site ids */
	uint32_t n_sites;
	uint32_t n_where; /* frames of the first site's stack to show, from the named one; 0: all */
	uint32_t ancestor_frame; /* frame id under which the group was found, 0 none */
	uint32_t class_id;

	struct evidence *evidence;
	uint32_t n_evidence;
	struct prediction prediction;
	struct prediction
		earlier[N_TIERS]; /* that it took the place of, by tier, without `assumes` */
	char *advice;             /* sentences: what to change, and when not to */
	char *sketch;             /* code that compiles; NULL none */
	char *sketch_language;    /* "c", "cxx", "rust", "python", "shell" */

	double confidence; /* 0..1: 1 exact counts, .8 one thread, .4 several threads, .3 reuse of constructed */
	double score; /* confidence x share of CPU or memory won; orders findings of one verdict */

	char *slots; /* for a trial: "MODULE CLASS NAME NAME..." of a Python class; NULL none */
	struct plan
		*plan; /* for simulators: the policy to replay (simulate/ defines it); NULL none */
	void (*plan_free)(struct plan *);
};

struct findings {
	struct finding **list;
	uint32_t n, room;

	/* Set by simulate/. */
	struct prediction
		together;    /* of all findings with a plan, replayed at once: gains overlap */
	uint32_t n_together; /* how many those are; 0: not replayed */
	char *nothing;       /* why no change to native code is advised; NULL when one is */
};

/* A new finding of that kind at the end of the list; owned by it. */
struct finding *findings_add(struct findings *f, const char *kind, enum verdict verdict);
/* Takes it out of the list and frees it. */
void findings_remove(struct findings *f, struct finding *x);
void findings_release(struct findings *f);
/* Orders by verdict, score, kind's rank, first site; numbers them. */
void findings_rank(struct findings *f);
/* The same order; numbers stay. */
void findings_order(struct findings *f);

__attribute__((format(printf, 2, 3))) void finding_title(struct finding *x, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void finding_advice(struct finding *x, const char *fmt, ...);
/* Appends to the advice, after a space. */
__attribute__((format(printf, 2, 3))) void finding_add_advice(struct finding *x, const char *fmt,
                                                              ...);
__attribute__((format(printf, 2, 3))) void finding_assumes(struct finding *x, const char *fmt, ...);
void finding_add_site(struct finding *x, uint32_t site);
void finding_add_number(struct finding *x, const char *name, double value, const char *unit);
__attribute__((format(printf, 3, 4))) void finding_add_text(struct finding *x, const char *name,
                                                            const char *fmt, ...);
/* The same, in the place of evidence of that name if there is one. */
void finding_set_number(struct finding *x, const char *name, double value, const char *unit);
/* The condition that this piece of evidence passed; see detect_passed(), which formats it. */
__attribute__((format(printf, 3, 4))) void finding_passed(struct finding *x, const char *name,
                                                          const char *fmt, ...);
/* The prediction is about to be replaced by one of another tier: keeps it. */
void finding_keep_prediction(struct finding *x);
struct interval interval_of(double low, double high);

const char *verdict_name(enum verdict v); /* "win", "minor", "info", "refuted", "none" */
const char *tier_name(enum tier t);       /* "counted", "modelled", "replayed", "enacted" */

#endif
