/* See other_allocators.h. */
#include "simulate/other_allocators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detect/context.h"
#include "detect/finding_key.h"
#include "detect/native/native.h"
#include "detect/native/own_code.h"
#include "detect/sketch.h"
#include "simulate/prediction.h"
#include "util/mem.h"

static const char *const libraries[] = {
	"libmimalloc.so.3",
	"libmimalloc.so.2",
	"libjemalloc.so.2",
	"libtcmalloc_minimal.so.4",
};

static bool is_same_kind(const char *a, const char *b)
{
	return !strncmp(a, b, strcspn(a, "."));
}

struct trial {
	const char *library;
	struct interval saves_ms;
	double sure_ms; /* saved at least, whatever the noise of the machine */
	double heap_before, heap_after, faults_before, faults_after;
};

static void other_allocators_tell(struct finding *x, const struct trial *t)
{
	char *name = mem_printf("%.*s_saves_low_ms", (int)strcspn(t->library, "."), t->library);
	finding_add_number(x, name, t->saves_ms.low, "ms");
	free(name);
}

/* Whether something else is the answer, and this comes on top of it at best. */
static bool is_second(const struct findings *f, const struct trial *best)
{
	double others_ms = f->n_together ? f->together.cpu_ms_saved.low : 0;
	for (uint32_t i = 0; i < f->n; i++) {
		const struct finding *x = f->list[i];
		if (x->verdict == VERDICT_WIN)
			return true;
		if (x->verdict == VERDICT_MINOR && x->prediction.cpu_ms_saved.present)
			others_ms = fmax(others_ms, x->prediction.cpu_ms_saved.low);
	}
	return others_ms > best->saves_ms.low;
}

static bool has_others(const struct findings *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->list[i]->verdict == VERDICT_WIN || f->list[i]->verdict == VERDICT_MINOR)
			return true;
	return false;
}

static void report_allocator(const struct model *m, const struct detect *d, struct findings *f,
                             const struct trial *best, const struct trial *all, uint32_t n)
{
	double share = best->saves_ms.low * 1e6 / native_cpu_ns(m);
	bool is_known = model_untraced_cpu_ns(m) > 0, is_beside = has_others(f);
	enum verdict v = is_second(f, best) ? VERDICT_INFO : is_known ? VERDICT_WIN : VERDICT_MINOR;
	struct finding *x = findings_add(f, "allocator", v);

	finding_title(
		x,
		is_beside ? "%s in the place of malloc: the calls that the other advice leaves are "
			    "faster"
			  : "%s in the place of malloc: no place deserves a pool, all calls "
			    "are faster",
		best->library);
	detect_passed(d, x, "saved_share", share, is_known ? "share" : "", "allocator_min_share",
	              ">=");
	for (uint32_t i = 0; i < n; i++)
		other_allocators_tell(x, &all[i]);
	finding_add_number(x, "page_faults_before", best->faults_before, "");
	finding_add_number(x, "page_faults_after", best->faults_after, "");
	x->prediction.tier = TIER_REPLAYED;
	x->prediction.cpu_ms_saved = best->saves_ms;
	x->confidence = 0.8;
	x->score = x->confidence * share;
	x->borderline = share < detect_option(d, "allocator_min_share") * 1.3;
	finding_advice(x,
	               "Try it without a change to the code, by preloading it; link with it if it "
	               "keeps what it promises. Wrong where memory is scarce: measure the resident "
	               "memory, too.");
	finding_assumes(
		x, "locality of what it hands out, and the memory that it keeps, are not counted");
	sketch_add(x, "allocator.sh",
	           (const struct sketch_word[]){{"LIBRARY", best->library}, {0}});
}

bool other_allocators_may_matter(const struct model *m, const struct detect *d)
{
	uint64_t rest = 0;
	for (uint32_t i = 0; i < m->n_sites; i++)
		if (site_is_native(m, &m->sites[i]) && !detect_claimed(d, i))
			rest += m->sites[i].allocs;
	return (double)rest * detect_costs(d)->large_ns >=
	       detect_option(d, "allocator_min_share") * native_cpu_ns(m);
}

/* The calls cost enough that an allocator without cost would be worth a finding. */
static bool is_worth_trying(const struct model *m, const struct detect *d,
                            const struct calls_summary *c)
{
	return c->cost_ms * 1e6 >= detect_option(d, "allocator_min_share") * native_cpu_ns(m);
}

void other_allocators(const struct model *m, const struct detect *d, struct findings *f,
                      struct calls_summary *c, measure_library_fn *measure, void *context)
{
	struct trial tried[sizeof libraries / sizeof *libraries], *best = NULL;
	uint32_t n = 0;

	if (!is_worth_trying(m, d, c))
		return;
	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
		struct replay_pair r;
		if ((n && is_same_kind(tried[n - 1].library, libraries[i])) ||
		    !measure(context, libraries[i], &r))
			continue;
		tried[n++] = (struct trial){.library = libraries[i],
		                            .saves_ms = prediction_cpu(m, &r, 0),
		                            .sure_ms = prediction_calm_ms(&r) - r.noise_ms,
		                            .faults_before = (double)r.timed_before.page_faults,
		                            .faults_after = (double)r.timed_after.page_faults};
	}

	for (uint32_t i = 0; i < n; i++)
		if (!best || tried[i].saves_ms.low > best->saves_ms.low)
			best = &tried[i];

	c->n_tried = n;
	c->best = best ? best->library : NULL;
	c->best_saves_ms = best ? best->saves_ms : interval_of(0, 0);
	if (!best ||
	    best->saves_ms.low * 1e6 < detect_option(d, "allocator_min_share") * native_cpu_ns(m))
		return;

	report_allocator(m, d, f, best, tried, n);
	findings_rank(f);
	finding_keys(m, f);
}
