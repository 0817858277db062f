/* See all_clear.h. */
#include "simulate/all_clear.h"

#include <stdlib.h>
#include <string.h>

#include "detect/event_pass.h"
#include "detect/native/native.h"
#include "simulate/prediction.h"
#include "util/mem.h"
#include "util/text.h"

#define FEW_ALLOCS 1000u
#define SMALL_SHARE 0.03     /* of CPU: below, it does not matter where the calls are made */
#define ONE_PLACE 0.5        /* of the blocks: a place that is worth a sentence */
#define MUCH_LIVE (1u << 20) /* bytes at the end, */
#define MUCH_LIVE_SHARE 0.25 /* and as a share of the peak, that are worth one */
#define MARK_OF_OWN "defines malloc itself" /* in the recorder's note */

static void add(char **text, char *more)
{
	char *both = *text ? mem_printf("%s%s", *text, more) : mem_strdup(more);
	free(*text);
	free(more);
	*text = both;
}

static bool has_own_malloc(const struct model *m)
{
	for (uint32_t i = 0; i < m->trace->n_notes; i++)
		if (strstr(m->trace->notes[i], MARK_OF_OWN))
			return true;
	return false;
}

static bool all_clear_is_advice(const struct finding *x)
{
	return x->verdict == VERDICT_WIN || x->verdict == VERDICT_MINOR;
}

static const char *who(const struct model *m)
{
	return m->totals.domain_allocs[PTF_DOMAIN_PY_OBJ] ? "allocation outside CPython's own"
	                                                  : "allocation";
}

/* ---- what the calls cost ---- */

/* At most: measured, or by the price of the slowest calls. */
static double cost_ms(const struct model *m, const struct detect *d, const struct calls_summary *c)
{
	double all = prediction_run_ms(m);
	double ms = c->cost_ms >= 0 ? c->cost_ms
	                            : (double)(m->totals.allocs + m->totals.frees) / 2 *
	                                      detect_costs(d)->large_ns / 1e6;
	return all > 0 && ms > all ? all : ms;
}

static void say_cost(const struct model *m, const struct detect *d, const struct calls_summary *c,
                     char **text)
{
	double all = prediction_run_ms(m), ms = cost_ms(m, d, c);
	const char *how = c->cost_ms >= 0 ? "" : " by a table of prices";
	if (all > 0)
		add(text, mem_printf("%s takes about %.1f of %.0f ms of CPU (%.1f %%)%s", who(m),
		                     ms, all, 100 * ms / all, how));
	else
		add(text, mem_printf("%s takes about %.1f ms of CPU%s (record with --baseline to "
		                     "see the share)",
		                     who(m), ms, how));
}

static bool is_cheap(const struct model *m, const struct detect *d, const struct calls_summary *c)
{
	double all = prediction_run_ms(m);
	return all > 0 && cost_ms(m, d, c) < SMALL_SHARE * all;
}

/* ---- where they are made ---- */

/* Why no pool fits a place, as far as its numbers tell. */
static const char *why_no_pool(const struct detect *d, const struct group *g)
{
	if (group_frees_share(g) < 0.5)
		return "most of them are not freed";
	if (!native_churns(d, g))
		return "most of them live at the same time";
	if (!native_one_size(d, g))
		return "no slot size fits them";
	if (g->cross_thread_frees)
		return "other threads free them";
	return "a pool would save too little CPU time (see native_min_share)";
}

static void say_place(const struct model *m, const struct detect *d, char **text)
{
	const struct groups *gs = detect_event_pass(d)->groups;
	const struct group *top = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < gs->n && gs->list[i].level == GROUP_LINE; i++, n++)
		if (!top || gs->list[i].allocs > top->allocs)
			top = &gs->list[i];

	double share =
		top ? (double)top->allocs / (double)(m->totals.domain_allocs[PTF_DOMAIN_C] + 1) : 0;
	char name[300];
	if (!top)
		return;
	if (share < ONE_PLACE) {
		add(text, mem_printf("; the calls are spread over %u places, of which none makes "
		                     "more than %.0f %% of the blocks",
		                     n, 100 * share));
		return;
	}

	uint64_t least = hist_quantile(&top->size, 0.01), most = top->max_size_bytes;
	add(text, mem_printf("; %.0f %% of the blocks are made at %s, ", 100 * share,
	                     group_name(top, name, sizeof name)));
	add(text, least < most ? mem_printf("%lu to %lu bytes each: %s", (unsigned long)least,
	                                    (unsigned long)most, why_no_pool(d, top))
	                       : mem_printf("%lu bytes each: %s", (unsigned long)most,
	                                    why_no_pool(d, top)));
}

static void say_allocators(const struct model *m, const struct calls_summary *c, char **text)
{
	double all = prediction_run_ms(m);
	if (!c->n_tried) {
		add(text, mem_strdup("; no other allocator was tried"));
		return;
	}
	add(text,
	    mem_printf("; of %u other allocators that are installed the best, %s, saves %.1f "
	               "ms",
	               c->n_tried, c->best, c->best_saves_ms.low > 0 ? c->best_saves_ms.low : 0));
	if (all > 0 && c->best_saves_ms.low > 0)
		add(text, mem_printf(" (%.1f %%)", 100 * c->best_saves_ms.low / all));
}

/* ---- what it holds ---- */

static void say_memory(const struct model *m, char **text)
{
	const struct model_totals *t = &m->totals;
	if (t->live_bytes >= MUCH_LIVE &&
	    (double)t->live_bytes >= MUCH_LIVE_SHARE * (double)t->peak_live_bytes)
		add(text,
		    mem_printf("; %s in %lu blocks were live at the end, and nothing shows that "
		               "they grow without end",
		               short_bytes((double)t->live_bytes), (unsigned long)t->live_blocks));
	else
		add(text,
		    mem_strdup("; no place was found that loses memory, or keeps a heap large"));
}

void all_clear_say(const struct model *m, const struct detect *d, struct findings *f,
                   const struct calls_summary *c)
{
	char *text = NULL;

	for (uint32_t i = 0; i < f->n; i++)
		if (all_clear_is_advice(f->list[i]))
			return;

	if (m->process->stop_reason && !m->health.events) {
		text = mem_strdup(
			"Nothing can be said: the recording stopped before the first event "
			"(see HEALTH)");
	} else if (has_own_malloc(m)) {
		text = mem_strdup(
			"Of native code nothing can be said: the program has a malloc of its "
			"own, whose calls are not recorded (see HEALTH); allocation is 0 % of "
			"what was seen");
	} else if (m->totals.allocs < FEW_ALLOCS) {
		text = mem_strdup("Nothing to change in native code: ");
		add(&text, mem_printf("%lu allocations cannot cost what a change would win; ",
		                      (unsigned long)m->totals.allocs));
		say_cost(m, d, c, &text);
		say_memory(m, &text);
	} else {
		text = mem_strdup("Nothing to change in native code: ");
		say_cost(m, d, c, &text);
		if (!is_cheap(m, d, c)) {
			say_place(m, d, &text);
			say_allocators(m, c, &text);
		}
		say_memory(m, &text);
	}

	if (m->process->stop_reason && m->health.events)
		add(&text,
		    mem_printf("; of what came after %s, when the recording stopped, nothing can "
		               "be said",
		               short_ns((double)m->process->stop_ns)));
	free(f->nothing);
	f->nothing = text;
}
