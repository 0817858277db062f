/*
 * Which allocations of a site are live, in the order in which they were made: answers whether a block
 * that is freed is the youngest or the oldest live one.  Private to model/.
 *
 * One bit for each allocation between the oldest live one and the youngest, in pages of 512 that exist
 * only where a bit is set.  A list of the blocks themselves would touch two neighbours, far away in
 * memory, at every free.  Cost: O(1) an event; 96 bytes a page, and 8 bytes for each 512 allocations
 * between the oldest live block and the youngest.
 */
#ifndef PT_MODEL_LIVE_ORDER_H
#define PT_MODEL_LIVE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct live_order;

/* Position `at` becomes live; positions come in ascending order, modulo 2^32.  The first call makes *o. */
void live_order_add(struct live_order **o, uint32_t at);

/* Position `at` is live no more; says whether it was the youngest, the oldest live one. */
void live_order_remove(struct live_order *o, uint32_t at, bool *youngest, bool *oldest);

/* Brings what live_order_remove() touches into the cache. */
void live_order_prefetch(const struct live_order *o, uint32_t at);

void live_order_free(struct live_order *o); /* NULL is fine */

#endif
