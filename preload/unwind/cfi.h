/*
 * Call frame information: for an address in code, where its caller's registers are.
 *
 * Reads .eh_frame through .eh_frame_hdr (Linux Standard Base Core 5.0, chapter 10; the instructions are
 * those of DWARF 5, section 6.4.2) from the module's own memory.  Takes no lock, allocates nothing, and
 * uses about a kilobyte of stack.
 */
#ifndef PT_CFI_H
#define PT_CFI_H

#include "unwind/module_map.h"

/* DWARF register numbers of x86-64 (System V ABI, figure 3.36). */
enum cfi_register {
	CFI_RBX = 3,
	CFI_RBP = 6,
	CFI_RSP = 7,
	CFI_R12 = 12,
	CFI_RA = 16,
	CFI_REGISTERS
};

/* Where a register of the caller is. */
enum cfi_kind {
	CFI_SAME,          /* still in the register */
	CFI_UNDEFINED,     /* nowhere; for CFI_RA: there is no caller */
	CFI_AT_CFA,        /* in memory, `value` bytes from the CFA */
	CFI_IS_CFA,        /* it is the CFA plus `value` */
	CFI_IN_REGISTER,   /* in register number `value` */
	CFI_AT_EXPRESSION, /* in memory, where the expression at address `value` says */
	CFI_IS_EXPRESSION, /* it is what that expression gives */
};

/* The row of the unwind table that holds for one address. */
struct cfi_row {
	int64_t value[CFI_REGISTERS];
	int64_t cfa_offset;      /* from cfa_register */
	uint64_t cfa_expression; /* address of one; 0: none, then the CFA is register plus offset */
	uint8_t kind[CFI_REGISTERS]; /* enum cfi_kind */
	uint8_t cfa_register;
	bool is_signal_frame; /* the caller was interrupted: its address is none of a return */
};

/* Fills in the row for `pc`, an address in the module.  False: there is none, or it cannot be read. */
bool cfi_find_row(const struct module *m, uint64_t pc, struct cfi_row *row);

#endif
