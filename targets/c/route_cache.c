/*
 * Looks routes up in a table that remembers every address ever asked for, never dropping one; half
 * of the questions are about addresses seen before.
 *
 * expect: finding kind=growing-cache function~route_lookup
 * expect: only
 * expect.fix: no-finding kind=growing-cache
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096
#define LIMIT 4000

struct route { struct route *next, *older; unsigned address, hop; char via[100]; };

static struct route *table[BUCKETS];
#ifdef FIX
static struct route *kept[LIMIT];
static unsigned n_kept;
#endif

static unsigned compute_hop(unsigned address)
{
	for (int i = 0; i < 300; i++)
		address = address * 1664525u + 1013904223u;
	return address >> 20;
}

#ifdef FIX
static struct route *route_evict(void)
{
	struct route *r = kept[n_kept % LIMIT], **at;
	for (at = &table[r->address % BUCKETS]; *at != r; at = &(*at)->next)
		;
	*at = r->next;
	return r;
}
#endif

static __attribute__((noinline)) unsigned route_lookup(unsigned address)
{
	struct route *r = table[address % BUCKETS];
	while (r && r->address != address)
		r = r->next;
	if (r)
		return r->hop;
#ifdef FIX
	r = n_kept >= LIMIT ? route_evict() : malloc(sizeof *r);
	kept[n_kept++ % LIMIT] = r;
#else
	r = malloc(sizeof *r);
#endif
	r->address = address;
	r->hop = compute_hop(address);
	r->next = table[address % BUCKETS];
	table[address % BUCKETS] = r;
	return r->hop;
}

int main(void)
{
	unsigned long sum = 0;
	unsigned seed = 21, recent[64] = {0};
	for (unsigned i = 0; i < 80000; i++) {
		seed = seed * 1103515245u + 12345u;
		if (seed >> 31)
			recent[i % 64] = seed >> 6;
		sum += route_lookup(recent[(seed >> 9) % 64]) + route_lookup(recent[i % 64]);
	}
	printf("%lu\n", sum);
	return 0;
}
