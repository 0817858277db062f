/*
 * Fuzz target: a plan file through the reader of libpooltrace-enact.so.  An input is text, or numbers of words
 * of the format, so that most lines are nearly right.  A plan that is taken must lead to lanes that can be
 * served, whatever address a call comes from.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>

static void *table[8];
static unsigned n_tables;

static void *new_table(size_t n)
{
	if (n_tables == sizeof table / sizeof *table)
		abort();
	return table[n_tables++] = calloc(n, 1);
}

static void free_tables(void)
{
	while (n_tables)
		free(table[--n_tables]);
}

static const char *const words[] = {
	"\n",  " ",    "module",   "finding",   "lane",  "slots",    "frame",    "site",
	"end", "slab", "classes",  "region",    "hoist", "none",     "1",        "2",
	"3",   "0",    "16",       "96",        "4096",  "65472",    "32",       "32768",
	"256", "64",   "67108864", "1ffffffff", "c1a6",  "8d1c9f2e", "/bin/a b", "x"};

/* Whole lines, most with the blanks where they belong. */
static size_t put_line(char *to, const uint8_t *data)
{
	static const char *const lines[] = {"module %02x%02x /bin/a%u\n",
	                                    "finding %02x%02x slab%u\n",
	                                    "lane %u slab %u %u00\n",
	                                    "lane %u classes %u%u\n",
	                                    "lane %u region %u00 %u\n",
	                                    "lane %u hoist %u%u\n",
	                                    "frame %u %x%x\n",
	                                    "site %u %u %u\n",
	                                    "slots %u m%u C%u a b\n",
	                                    "lane %u none %u %u\n",
	                                    "site %u %u\nframe 1 %x\n",
	                                    "site %u %u %u 1 1 2\n"};
	return (size_t)sprintf(to, lines[data[0] % 12], data[1] % 8, data[2] % 16, data[3]);
}

static size_t put_recipe(char *to, const uint8_t *data, size_t n)
{
	size_t used = 0;
	for (size_t i = 0; i < n; i++)
		if (data[i] < 224 && i + 4 < n) {
			used += put_line(to + used, data + i);
			i += 3;
		} else {
			used += (size_t)sprintf(to + used, "%s", words[data[i] % 32]);
		}
	return used + (size_t)sprintf(to + used, "end\n");
}

static size_t put_bytes(char *to, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)data[i];
	return n;
}

/* In a block of its own, so that a byte too far is noticed. */
static const char *plan_text(const uint8_t *data, size_t n, size_t *used)
{
	static char text[1 << 20];
	size_t at = (size_t)sprintf(text, "pooltrace-plan 1\n");

	at += data[0] % 4 ? put_recipe(text + at, data + 1, n - 1)
	                  : put_bytes(text + at, data + 1, n - 1);
	*used = at;
	char *exact = new_table(at);
	put_bytes(exact, (const uint8_t *)text, at);
	return exact;
}

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* The reader is a file of the library, where the names of the C library that are used above are forbidden. */
#include "base/libc_free.c"
#include "enact/plan.c"

void *own_map(size_t n)
{
	return new_table(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_lanes(void)
{
	for (uint32_t i = 1; i < plan.n_lanes; i++) {
		const struct lane *l = &plan.lane[i];
		expect(l->finding < PLAN_FINDINGS_MAX && l->policy <= LANE_HOIST);
		expect(l->slot_bytes % 16 == 0 && l->slot_bytes <= PLAN_SLOT_MAX);
		expect(l->chunk_bytes % SPAN_GRANULE == 0);
		if (l->policy == LANE_SLAB)
			expect(l->slot_bytes && l->chunk_bytes >= l->slot_bytes);
		if (l->policy == LANE_CLASSES)
			expect(i + PLAN_CLASSES < plan.n_lanes);
	}
}

static void check_frames(void)
{
	for (uint32_t i = 1; i < plan.n_frames; i++) {
		const struct plan_frame *f = &plan.frame[i];
		expect(f->module < plan.n_modules && f->first < plan.n_nodes);
		expect(plan_frame_find(f->module, f->offset) == i);
		expect(plan_direct[i] < plan.n_lanes);
		for (uint32_t k = 1; k < plan.n_frames; k++)
			expect(plan_below(f->first, k) < plan.n_nodes);
	}
	for (uint32_t i = 0; i < plan.n_nodes; i++)
		expect(plan.node[i].lane < plan.n_lanes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1 || n > 8192)
		return 0;
	size_t used;
	const char *text = plan_text(data, n, &used);
	if (plan_read(text, used) == 0) {
		check_lanes();
		check_frames();
	}
	free_tables();
	return 0;
}
