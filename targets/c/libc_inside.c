/*
 * Allocations that the C library makes for its callers: strdup, asprintf, getline, open_memstream, fopen,
 * qsort of large items, and stdout's own buffer.
 *
 * expect: health lost_events=0 unmatched_frees=0
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target.h"

struct wide {
	int key;
	char rest[2000];
};

static int wide_compare(const void *a, const void *b)
{
	return ((const struct wide *)a)->key - ((const struct wide *)b)->key;
}

static NOINLINE void sort_wide(void)
{
	struct wide *w = keep(calloc(40, sizeof(*w)));

	for (int i = 0; i < 40; i++)
		w[i].key = i * 17 % 40;
	qsort(w, 40, sizeof(*w), wide_compare);
	printf("first %d last %d\n", w[0].key, w[39].key);
	free(w);
}

static NOINLINE void read_lines(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char *line = NULL;
	size_t room = 0;
	int n = 0;

	while (getline(&line, &room, f) > 0)
		n += strncmp(line, "Name:", 5) == 0;
	printf("names %d\n", n);
	free(line);
	fclose(f);
}

static NOINLINE void write_memory(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	for (int i = 0; i < 1000; i++)
		fprintf(f, "%d,", i);
	fclose(f);
	printf("bytes %zu\n", n);
	free(text);
}

int main(void)
{
	char *copy = strdup("a copy"), *text = NULL;

	if (asprintf(&text, "%s of %d", copy, 42) < 0)
		return 1;
	puts(text);
	free(text);
	free(copy);
	sort_wide();
	read_lines();
	write_memory();
	return 0;
}
