/* live_order.c against a list that is searched. */
#include "model/live_order.h"

#include <stdlib.h>

#include "unit.h"

#define N 20000u

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

/* Adds and removes at random around `target` live ones; every answer is compared. */
static void compare(uint32_t first, uint32_t target, uint32_t immortal)
{
	struct live_order *o = NULL;
	uint32_t *live = malloc((N + 1) * sizeof *live), n = 0, next = first, wrong = 0;
	for (uint32_t step = 0; step < N; step++) {
		bool youngest, oldest;
		if (n <= immortal || draw(2 * target) >= n) {
			live[n++] = next;
			live_order_add(&o, next++);
			continue;
		}
		uint32_t i = immortal + draw(n - immortal);
		live_order_remove(o, live[i], &youngest, &oldest);
		wrong += youngest != (i == n - 1) || oldest != (i == 0);
		for (n--; i < n; i++)
			live[i] = live[i + 1];
	}
	CHECK_EQ(wrong, 0);
	live_order_free(o);
	free(live);
}

TEST("live order: the youngest and the oldest are known, few or many, with holes or without")
{
	compare(0, 1, 0);
	compare(0, 40, 0);
	compare(0, 900, 0);
	compare(0, 5, 1);
	compare(0, 200, 3);
}

TEST("live order: positions may pass 2^32")
{
	compare(UINT32_MAX - 5000, 40, 1);
	compare(UINT32_MAX - 5000, 900, 0);
}
