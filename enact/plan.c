/*
 * See plan.h.  A reader that goes over the bytes once: every number has a limit, every table has room for all
 * that the limits allow, and the first thing that is not as it must be ends it.
 */
#include "enact/plan.h"

#include "base/own_memory.h"
#include "enact/spans.h"

struct plan plan;
uint16_t plan_direct[PLAN_FRAMES_MAX];

struct reader {
	const char *at, *end;
	uint32_t line;
	bool failed;
};

/* ---- words ---- */

static bool at_line_end(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n';
}

/* The next word of the line; "" and failed where there is none. */
static const char *word(struct reader *r, uint32_t *n)
{
	if (!at_line_end(r) && *r->at == ' ')
		r->at++;
	const char *start = r->at;
	while (!at_line_end(r) && *r->at != ' ')
		r->at++;
	*n = (uint32_t)(r->at - start);
	r->failed |= !*n;
	return start;
}

static bool is_word(const char *w, uint32_t n, const char *text)
{
	return n == strlen(text) && !memcmp(w, text, n);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static uint64_t number(struct reader *r, uint64_t base, uint64_t least, uint64_t most)
{
	uint32_t n;
	const char *w = word(r, &n);
	uint64_t value = 0;

	r->failed |= n > 16;
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		r->failed |= (uint64_t)digit(w[i]) >= base;
		value = value * base + (uint64_t)digit(w[i]);
	}
	r->failed |= value < least || value > most;
	return r->failed ? least : value;
}

static void line_end(struct reader *r)
{
	r->failed |= !at_line_end(r) || r->at == r->end;
	if (r->at < r->end)
		r->at++;
	r->line++;
}

/* One more entry of a table; 0 and failed when it is full. */
static uint32_t entry(struct reader *r, uint32_t *n, uint32_t most)
{
	r->failed |= *n >= most;
	return r->failed ? 0 : (*n)++;
}

/* ---- modules, findings ---- */

static void read_module(struct reader *r)
{
	uint32_t i = entry(r, &plan.n_modules, PLAN_MODULES_MAX), n, n_path;
	const char *hex = word(r, &n), *path = word(r, &n_path);
	struct plan_module *m = &plan.module[i];

	r->failed |= n % 2 || n > 2 * PLAN_BUILD_ID_MAX;
	for (uint32_t k = 0; k + 1 < n && !r->failed; k += 2) {
		int high = digit(hex[k]), low = digit(hex[k + 1]);
		r->failed |= high > 15 || low > 15;
		m->build_id[k / 2] = (uint8_t)(high << 4 | low);
	}
	if (r->failed)
		return;

	m->n_build_id = n / 2;
	while (!at_line_end(r)) /* a path may have spaces */
		r->at++;
	n_path = (uint32_t)(r->at - path);
	m->name = path;
	for (uint32_t k = 0; k < n_path; k++)
		if (path[k] == '/')
			m->name = path + k + 1;
	m->n_name = (uint32_t)(path + n_path - m->name);
}

static void read_finding(struct reader *r)
{
	uint32_t n;
	entry(r, &plan.n_findings, PLAN_FINDINGS_MAX + 1);
	word(r, &n);
	word(r, &n);
}

/* ---- lanes ---- */

static uint32_t whole(uint64_t bytes, uint64_t unit)
{
	return (uint32_t)((bytes + unit - 1) / unit * unit);
}

static uint32_t read_slot(struct reader *r)
{
	return whole(number(r, 10, 1, PLAN_SLOT_MAX), 16);
}

/* A chunk holds one slot at least. */
static uint32_t read_chunk(struct reader *r, uint32_t slot_bytes)
{
	uint64_t bytes = number(r, 10, 1, PLAN_SLOT_MAX);
	return whole(bytes > slot_bytes ? bytes : slot_bytes, SPAN_GRANULE);
}

static void read_classes(struct reader *r, struct lane *l)
{
	uint32_t chunk = read_chunk(r, 0);
	for (uint32_t i = 1; i <= PLAN_CLASSES; i++) {
		uint32_t k = entry(r, &plan.n_lanes, PLAN_LANES_MAX);
		if (k)
			plan.lane[k] = (struct lane){.policy = LANE_SLAB,
			                             .finding = l->finding,
			                             .slot_bytes = 16 * i,
			                             .chunk_bytes = chunk};
	}
}

static void read_lane(struct reader *r)
{
	uint32_t line = entry(r, &plan.n_lane_lines, PLAN_LANE_LINES_MAX + 1);
	uint32_t i = entry(r, &plan.n_lanes, PLAN_LANES_MAX), n;
	struct lane *l = &plan.lane[i];
	plan.lane_of_line[line] = (uint16_t)i;
	l->finding = (uint8_t)(number(r, 10, 1, PLAN_FINDINGS_MAX) - 1);
	r->failed |= l->finding + 1u >= plan.n_findings;
	const char *policy = word(r, &n);

	if (is_word(policy, n, "slab")) {
		l->slot_bytes = read_slot(r);
		l->chunk_bytes = read_chunk(r, l->slot_bytes);
		l->policy = LANE_SLAB;
	} else if (is_word(policy, n, "classes")) {
		l->policy = LANE_CLASSES;
		read_classes(r, l);
	} else if (is_word(policy, n, "region")) {
		l->chunk_bytes = read_chunk(r, 0);
		l->room_bytes = number(r, 10, 1, 1ull << 40);
		l->policy = LANE_REGION;
	} else if (is_word(policy, n, "hoist")) {
		l->slot_bytes = read_slot(r);
		l->policy = LANE_HOIST;
	} else {
		r->failed |= !is_word(policy, n, "none");
	}
}

/* For python/slots.py, which reads the line again. */
static void read_slots(struct reader *r)
{
	uint32_t n;

	number(r, 10, 1, PLAN_FINDINGS_MAX);
	word(r, &n);
	word(r, &n);
	for (uint32_t i = 0; !at_line_end(r) && !r->failed; i++) {
		word(r, &n);
		r->failed |= i == PLAN_SLOTS_MAX;
	}
	plan.n_classes++;
}

/* ---- frames, sites ---- */

static uint32_t frame_hash(uint32_t module, uint64_t offset)
{
	return (uint32_t)(((offset + module) * 0x9E3779B97F4A7C15ull) >> 40);
}

uint32_t plan_frame_find(uint32_t module, uint64_t offset)
{
	for (uint32_t i = frame_hash(module, offset);; i++) {
		uint32_t k = plan.frame_index[i % PLAN_FRAME_INDEX];
		if (!k || (plan.frame[k].module == module && plan.frame[k].offset == offset))
			return k;
	}
}

static void read_frame(struct reader *r)
{
	uint32_t k = entry(r, &plan.n_frames, PLAN_FRAMES_MAX);
	uint32_t module = (uint32_t)number(r, 10, 1, PLAN_MODULES_MAX);
	uint64_t offset = number(r, 16, 1, 1ull << 47);

	r->failed |= module >= plan.n_modules;
	if (r->failed || plan_frame_find(module, offset)) {
		r->failed = true;
		return;
	}
	uint32_t i = frame_hash(module, offset);
	while (plan.frame_index[i % PLAN_FRAME_INDEX])
		i++;
	plan.frame_index[i % PLAN_FRAME_INDEX] = (uint16_t)k;
	plan.frame[k].module = (uint16_t)module;
	plan.frame[k].offset = offset;
}

/* The node below that a frame leads to, made if there is none. */
static uint32_t reach_below(struct reader *r, uint32_t node, uint32_t frame)
{
	uint32_t *first = node ? NULL : &plan.frame[frame].first;
	uint32_t below = first ? *first : plan_below(node, frame);

	if (below)
		return below;
	below = entry(r, &plan.n_nodes, PLAN_NODES_MAX);
	if (first) {
		*first = below;
		return below;
	}
	uint64_t key = (uint64_t)node << 32 | frame << 16;
	uint32_t i = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 46);
	while (plan.edge[i % PLAN_EDGES])
		i++;
	plan.edge[i % PLAN_EDGES] = key | below;
	plan.node[node].goes_on = true;
	return below;
}

static void read_site(struct reader *r)
{
	uint64_t line = number(r, 10, 1, PLAN_LANE_LINES_MAX);
	uint32_t lane = line < plan.n_lane_lines ? plan.lane_of_line[line] : 0, node = 0;

	r->failed |= plan.lane[lane].policy == LANE_NONE;
	for (uint32_t depth = 0; !r->failed && (!depth || !at_line_end(r)); depth++) {
		uint32_t frame = (uint32_t)number(r, 10, 1, PLAN_FRAMES_MAX);
		r->failed |= frame >= plan.n_frames || depth == PLAN_DEPTH_MAX ||
		             plan.node[node].lane;
		if (!r->failed)
			node = reach_below(r, node, frame);
	}

	struct plan_node *last = &plan.node[node];
	r->failed |= last->goes_on || last->lane; /* two sites: one would hide the other */
	if (!r->failed)
		last->lane = (uint16_t)lane;
}

/* ---- the file ---- */

static bool make_tables(void)
{
	plan = (struct plan){.n_modules = 1,
	                     .n_findings = 1,
	                     .n_lanes = 1,
	                     .n_frames = 1,
	                     .n_nodes = 1,
	                     .n_lane_lines = 1};

	plan.module = own_map(PLAN_MODULES_MAX * sizeof *plan.module);
	plan.lane = own_map(PLAN_LANES_MAX * sizeof *plan.lane);
	plan.frame = own_map(PLAN_FRAMES_MAX * sizeof *plan.frame);
	plan.node = own_map(PLAN_NODES_MAX * sizeof *plan.node);
	plan.edge = own_map(PLAN_EDGES * sizeof *plan.edge);
	plan.frame_index = own_map(PLAN_FRAME_INDEX * sizeof *plan.frame_index);
	return plan.module && plan.lane && plan.frame && plan.node && plan.edge && plan.frame_index;
}

/* True at the line `end`. */
static bool read_line(struct reader *r)
{
	uint32_t n;
	const char *w = word(r, &n);

	if (is_word(w, n, "end"))
		return true;
	if (is_word(w, n, "module"))
		read_module(r);
	else if (is_word(w, n, "finding"))
		read_finding(r);
	else if (is_word(w, n, "lane"))
		read_lane(r);
	else if (is_word(w, n, "slots"))
		read_slots(r);
	else if (is_word(w, n, "frame"))
		read_frame(r);
	else if (is_word(w, n, "site"))
		read_site(r);
	else
		r->failed = true;
	line_end(r);
	return false;
}

static void find_direct(void)
{
	for (uint32_t i = 1; i < plan.n_frames; i++)
		plan_direct[i] = plan.node[plan.frame[i].first].lane;
}

uint32_t plan_read(const char *text, size_t n)
{
	struct reader r = {.at = text, .end = text + n, .line = 1};
	size_t first = strlen(PLAN_FIRST_LINE);
	bool ended = false;

	r.failed = !make_tables() || n <= first || memcmp(text, PLAN_FIRST_LINE, first) != 0;
	if (!r.failed) {
		r.at += first;
		line_end(&r);
	}
	while (!r.failed && !ended) {
		ended = read_line(&r);
		r.failed |= !ended && r.at == r.end;
	}
	if (!r.failed) {
		find_direct();
		return 0;
	}
	plan.n_frames = plan.n_lanes = 1;
	return r.line > 1 ? r.line - 1 : 1;
}
