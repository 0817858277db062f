/* The code of an unwind rule (unwind_rules.h) from a row of call frame information. */
#ifndef PT_RULE_CODE_H
#define PT_RULE_CODE_H

#include "unwind/cfi.h"
#include "unwind/unwind_rules.h"

/* The code of a rule that has nothing but its kind. */
PT_INLINE uint32_t rule_code_kind(enum rule_kind kind)
{
	return (uint32_t)kind << 28;
}

/* RULE_NORMAL or RULE_ROOT; RULE_SLOW where no rule can say what the row does. */
uint32_t rule_code_of_row(const struct cfi_row *row);

#endif
