/*
 * Lists of free blocks, which lie in the blocks themselves: the core of every pool here, shared by the library
 * that serves blocks in a program and by the replayer that predicts what serving brings.
 *
 * A list belongs to one thread.  A return list takes blocks from any thread; its owner takes all at once, so no
 * block can come back between the two steps of an exchange (the ABA problem does not arise).
 */
#ifndef ENACT_FREE_LIST_H
#define ENACT_FREE_LIST_H

#include <stddef.h>

struct free_slot {
	struct free_slot *next;
};

static inline void free_list_push(struct free_slot **list, void *block)
{
	struct free_slot *f = block;
	f->next = *list;
	*list = f;
}

/* The list is not empty. */
static inline void *free_list_pop(struct free_slot **list)
{
	struct free_slot *f = *list;
	*list = f->next;
	return f;
}

static inline void return_list_push(struct free_slot **list, void *block)
{
	struct free_slot *f = block;
	f->next = __atomic_load_n(list, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(list, &f->next, f, 1, __ATOMIC_RELEASE,
	                                    __ATOMIC_RELAXED))
		;
}

/* All that came back; NULL: nothing did. */
static inline struct free_slot *return_list_take(struct free_slot **list)
{
	if (!__atomic_load_n(list, __ATOMIC_RELAXED))
		return NULL;
	return __atomic_exchange_n(list, (struct free_slot *)NULL, __ATOMIC_ACQUIRE);
}

#endif
