/* See cost_table.h. */
#include "detect/cost_table.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"

#define TEXT_BYTES 1024u /* of a file: a few lines */
#define MOST_NS 1e9      /* of a price */

const struct cost_table cost_table_default = {
	.tcache_ns = 6,
	.fastbin_ns = 9,
	.small_bin_ns = 17,
	.large_ns = 25,
	.remote_ns = 42,
	.page_ns = 1000,
	.copy_byte_ns = 0.1,
};

static const struct {
	const char *name;
	size_t offset;
} prices[] = {
	{"tcache_ns", offsetof(struct cost_table, tcache_ns)},
	{"fastbin_ns", offsetof(struct cost_table, fastbin_ns)},
	{"small_bin_ns", offsetof(struct cost_table, small_bin_ns)},
	{"large_ns", offsetof(struct cost_table, large_ns)},
	{"remote_ns", offsetof(struct cost_table, remote_ns)},
	{"page_ns", offsetof(struct cost_table, page_ns)},
	{"copy_byte_ns", offsetof(struct cost_table, copy_byte_ns)},
};

static double *price_of(struct cost_table *t, const char *name)
{
	for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
		if (!strcmp(prices[i].name, name))
			return (double *)((char *)t + prices[i].offset);
	return NULL;
}

int cost_table_parse(struct cost_table *t, const char *text, cost_table_take_fn *take)
{
	int n_taken = 0;

	while (*text) {
		char name[64];
		double ns;
		int end = 0;
		if (sscanf(text, "%63s %lf%*[ \t]%n", name, &ns, &end) < 2)
			return text[strspn(text, " \t\n")] ? -1 : n_taken;

		double *price = price_of(t, name);
		if (price) {
			take(price, ns);
			n_taken++;
		}

		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n_taken;
}

static void take_as_it_is(double *price, double ns)
{
	*price = ns >= 0 && ns <= MOST_NS ? ns : *price;
}

int cost_table_read(struct cost_table *t, const char *path)
{
	char text[TEXT_BYTES];
	FILE *f = fopen(path, "re");
	if (!f)
		return error_errno("cannot read '%s'", path);
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;

	*t = cost_table_default;
	if (cost_table_parse(t, text, take_as_it_is) <= 0)
		return error("'%s' is not a cost table: expected lines such as 'tcache_ns 6'",
		             path);
	return 0;
}
