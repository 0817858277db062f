/* See sites.h. */
#include "enact/sites.h"

#include "enact/counts.h"
#include "unwind/rule_code.h"
#include "unwind/walk.h"

#define STACK_STEP_MAX (1ull << 20) /* bytes of one frame that is believed */

uint64_t sites_table[SITES_SLOTS];
static uint32_t n_known; /* atomic: entries in use */

/* ---- modules ---- */

static bool has_name(const struct plan_module *p, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	return strlen(name) == p->n_name && !memcmp(name, p->name, p->n_name);
}

/* The plan's number of a module, 0 none. */
static uint32_t plan_module_of(const struct module *m, const char *path)
{
	uint32_t n;
	const uint8_t *id = module_image_build_id(m, &n);

	for (uint32_t i = 1; n && i < plan.n_modules; i++) {
		const struct plan_module *p = &plan.module[i];
		if (p->n_build_id == n && !memcmp(p->build_id, id, n)) {
			counts->module[i] = ENACT_MODULE_SEEN;
			return i;
		}
		if (has_name(p, path))
			counts->module[i] = ENACT_MODULE_CHANGED;
	}
	return 0;
}

static uint32_t rule_of(const struct module *m, uint64_t address)
{
	struct cfi_row row;
	return cfi_find_row(m, address - 1, &row) ? rule_code_of_row(&row)
	                                          : rule_code_kind(RULE_NO_INFO);
}

/* ---- the table ---- */

static void sites_put(uint64_t address, uint32_t frame)
{
	uint64_t entry = address << 16 | frame;

	if (__atomic_load_n(&n_known, __ATOMIC_RELAXED) > SITES_SLOTS / 4 * 3)
		return;
	for (uint32_t i = (uint32_t)((address * 0x9E3779B97F4A7C15ull) >> 49);; i++) {
		uint64_t *slot = &sites_table[i % SITES_SLOTS], expected = 0;
		if (__atomic_compare_exchange_n(slot, &expected, entry, false, __ATOMIC_RELEASE,
		                                __ATOMIC_RELAXED))
			break;
		if (expected >> 16 == address)
			return;
	}
	__atomic_fetch_add(&n_known, 1, __ATOMIC_RELAXED);
}

PT_COLD uint32_t sites_learn(uint64_t address)
{
	struct dl_find_object found;
	uint32_t frame = 0;

	if (address >> 47 || _dl_find_object((void *)address, &found) != 0)
		return 0; /* code in no module, or the loader does not answer yet */
	struct module m = module_image_of(&found);
	uint32_t module = plan_module_of(&m, found.dlfo_link_map->l_name);
	if (module)
		frame = plan_frame_find(module, address - m.base);
	if (frame && !plan.frame[frame].rule)
		__atomic_store_n(&plan.frame[frame].rule, rule_of(&m, address), __ATOMIC_RELAXED);
	sites_put(address, frame);
	return frame;
}

void sites_forget(void)
{
	for (uint32_t i = 0; i < SITES_SLOTS; i++)
		if (__atomic_load_n(&sites_table[i], __ATOMIC_RELAXED))
			__atomic_store_n(&sites_table[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&n_known, 0, __ATOMIC_RELAXED);
}

/* ---- the walk ---- */

uint32_t sites_walk(const struct frame_start *start, uint32_t frame, uint32_t node)
{
	struct walk w = {.ip = start->ip, .sp = frame_start_sp(start), .bp = start->bp};

	do {
		uint32_t rule = __atomic_load_n(&plan.frame[frame].rule, __ATOMIC_RELAXED);
		w.high = w.sp + STACK_STEP_MAX;
		if (!rule || rule_kind(rule) != RULE_NORMAL || !walk_up(&w, rule))
			return 0;
		frame = sites_frame(w.ip);
		node = frame ? plan_below(node, frame) : 0;
	} while (node && !plan.node[node].lane);
	return node ? plan.node[node].lane : 0;
}
