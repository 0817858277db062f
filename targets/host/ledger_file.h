/*
 * The file that ledger.h writes and tests/helpers/ledger_check.c reads: a head, then lanes of equal
 * size, one per thread of each process, each a row of entries.  An entry whose op is 0 was never
 * finished.
 */
#ifndef HOST_LEDGER_FILE_H
#define HOST_LEDGER_FILE_H

#include <stddef.h>
#include <stdint.h>

#define LEDGER_MAGIC 0x5245474445ull

enum ledger_op {
	LEDGER_NONE = 0,
	LEDGER_ALLOC = 1, /* after the call */
	LEDGER_FREE = 2,  /* before the call */
	LEDGER_UNDO = 3,  /* a realloc failed: its LEDGER_FREE did not happen */
};

struct ledger_entry {
	uint64_t address;
	uint64_t size_bytes;
	uint32_t op;
	uint32_t reserved;
};

struct ledger_lane {
	uint32_t pid;
	uint32_t tid;
	uint32_t n; /* reserved entries; may exceed the room, what is over was not written */
	uint32_t reserved;
	struct ledger_entry entry[];
};

struct ledger_head {
	uint64_t magic;
	uint32_t n_lanes;
	uint32_t n_entries; /* of each lane */
	uint32_t n_used;    /* lanes */
	uint32_t reserved;
};

static inline struct ledger_lane *ledger_lane_at(struct ledger_head *head, uint32_t number)
{
	size_t bytes = sizeof(struct ledger_lane) + head->n_entries * sizeof(struct ledger_entry);
	return (struct ledger_lane *)((char *)(head + 1) + number * bytes);
}

#endif
