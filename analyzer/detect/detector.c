/*
 * The list of detectors.  The linker collects it: each DETECTOR() leaves a pointer in the section
 * "detectors".
 */
#include "detect/detector.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

extern const struct detector *const __start_detectors[] __attribute__((weak));
extern const struct detector *const __stop_detectors[] __attribute__((weak));

static int by_rank(const void *a, const void *b)
{
	const struct detector *x = *(const struct detector *const *)a,
			      *y = *(const struct detector *const *)b;
	return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : strcmp(x->kind, y->kind);
}

const struct detector *const *detect_list(uint32_t *n)
{
	static const struct detector **sorted;
	uint32_t count = (uint32_t)(__stop_detectors - __start_detectors);

	if (!sorted) {
		sorted = mem_alloc((count + 1) * sizeof(*sorted));
		for (uint32_t i = 0; i < count; i++)
			sorted[i] = __start_detectors[i];
		qsort(sorted, count, sizeof(*sorted), by_rank);
	}

	*n = count;
	return sorted;
}
