/* See rule_code.h. */
#include "unwind/rule_code.h"

/* Where the caller's bp is, in a rule's code; RULE_SLOW if no rule can say it. */
static uint32_t rule_bp(const struct cfi_row *row)
{
	int64_t at = row->value[CFI_RBP], slot = -at / 8;
	switch (row->kind[CFI_RBP]) {
	case CFI_SAME:
	case CFI_UNDEFINED:
		return 0;
	case CFI_AT_CFA:
		return at % 8 || slot < 2 || slot > 255 ? rule_code_kind(RULE_SLOW)
		                                        : (uint32_t)slot << 20;
	default:
		return rule_code_kind(RULE_SLOW);
	}
}

uint32_t rule_code_of_row(const struct cfi_row *row)
{
	int64_t offset = row->cfa_offset;

	if (row->kind[CFI_RA] == CFI_UNDEFINED)
		return rule_code_kind(RULE_ROOT);
	if (row->cfa_expression || row->is_signal_frame ||
	    (row->cfa_register != CFI_RSP && row->cfa_register != CFI_RBP) ||
	    row->kind[CFI_RA] != CFI_AT_CFA || row->value[CFI_RA] != -8 ||
	    row->kind[CFI_RSP] != CFI_IS_CFA || row->value[CFI_RSP] != 0 || offset < 8 ||
	    offset % 8 || offset / 8 >= 1 << 19)
		return rule_code_kind(RULE_SLOW);

	uint32_t bp = rule_bp(row);
	if (bp >> 28)
		return bp;
	return bp | (uint32_t)(offset / 8) << 1 | (row->cfa_register == CFI_RBP);
}
