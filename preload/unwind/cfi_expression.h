/*
 * DWARF expressions as call frame information has them (DWARF 5, section 2.5).
 */
#ifndef PT_CFI_EXPRESSION_H
#define PT_CFI_EXPRESSION_H

#include "unwind/cfi.h"

/* Registers of one frame by DWARF number; those that are not in `known` have no value. */
struct cfi_registers {
	uint64_t value[CFI_REGISTERS];
	uint32_t known; /* bit by number */
};

/* The word at the address; false: it cannot be read. */
bool cfi_read_word(uint64_t address, uint64_t *value);

/* Evaluates the expression at the address `expression`, whose length stands before it, on a stack that
 * begins with `pushed`.  False: an operation that is not one of call frame information, memory that cannot
 * be read, or more than 256 steps. */
bool cfi_evaluate(uint64_t expression, uint64_t pushed, const struct cfi_registers *r,
                  uint64_t *result);

#endif
