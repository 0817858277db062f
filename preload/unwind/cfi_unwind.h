/*
 * Call frame information put to use: unwind rules for return addresses (unwind_rules.h), and whole stacks with
 * all registers for what rules cannot express.
 *
 * The interpreter is ours because nothing else may run inside a host: a shared unwinder is loaded by the
 * loader (which initialises the C library too early when it does so in a constructor), may be the host's
 * own copy with the host's settings, takes locks, and opens pipes.
 */
#ifndef PT_CFI_UNWIND_H
#define PT_CFI_UNWIND_H

#include "write/self.h"
#include "unwind/unwind.h"

/* How stacks are taken. */
enum unwind_mode { UNWIND_CALLERS, UNWIND_ALL_REGISTERS, UNWIND_BY_RULES };
extern enum unwind_mode unwind_mode;

/* Chooses the mode; checks that rules give the stack of this moment that all registers give. */
void cfi_unwind_start(struct self *self);

/* The key's rule (unwind_rules_find()), made now; 0: no room in the table. */
uint64_t cfi_make_rule(uint64_t key);

/* The whole stack with all registers, from the frame with the stack pointer of `start` on, which must be
 * that of a caller of the caller. */
void cfi_backtrace(struct self *self, const struct frame_start *start, struct unwound *out);

#endif
