/*
 * Addresses that are live, as the merge of the threads' streams asks for them: what pairing keeps in a report.
 */
#ifndef LIVE_ADDRESSES_H
#define LIVE_ADDRESSES_H

#include "trace/events.h"

struct live_addresses {
	uint64_t *address; /* an open hash table, 0 = free */
	uint64_t n, mask;
};

void live_addresses_init(struct live_addresses *s);
void live_addresses_release(struct live_addresses *s);

/* For events_new(): context is a struct live_addresses. */
bool live_addresses_have(void *context, uint64_t address);

/* Adds or removes the address of an event that was handed out. */
void live_addresses_note(struct live_addresses *s, const struct event *e);

#endif
