/*
 * See cfi_unwind.h.
 *
 * A rule costs 1 us; a stack with all registers 0.3 us a frame.
 */
#include "unwind/cfi_unwind.h"
#include "unwind/cfi_expression.h"
#include "unwind/deep_stack.h"
#include "unwind/module_map.h"
#include "unwind/rule_code.h"
#include "base/raw.h"
#include "unwind/unwind_rules.h"
#include "base/format_text.h"

#define STEPS_MOST (1u << 17)

PT_EACH_EVENT enum unwind_mode unwind_mode;

/* ---- one rule ---- */

static uint64_t rule_pc(uint64_t key)
{
	return (key & ~RULE_EXACT) - (key & RULE_EXACT ? 0 : 1);
}

/* The way back from a signal handler is `mov $15, %rax; syscall`, whatever library it is in. */
static bool is_signal_return(uint32_t module, uint64_t pc)
{
	static const uint8_t code[9] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
	return module_map_find(pc + sizeof code - 1) == module &&
	       memcmp((const void *)pc, code, sizeof code) == 0;
}

static uint32_t rule_code_of(uint64_t key)
{
	struct cfi_row row;
	uint64_t pc = rule_pc(key);
	uint32_t number = module_map_find(pc);
	if (!number)
		return rule_code_kind(RULE_UNKNOWN);
	const struct module *m = module_map_at(number);
	if (is_signal_return(number, key & ~RULE_EXACT))
		return rule_code_kind(RULE_SIGNAL);
	return cfi_find_row(m, pc, &row) ? rule_code_of_row(&row) : rule_code_kind(RULE_NO_INFO);
}

uint64_t cfi_make_rule(uint64_t key)
{
	uint64_t mask;
	raw_signals_block(&mask);
	uint64_t rule = unwind_rules_add(key, rule_code_of(key));
	raw_signals_restore(&mask);
	return rule;
}

/* ---- whole stacks ---- */

static void set_register(struct cfi_registers *r, unsigned reg, uint64_t value)
{
	r->value[reg] = value;
	r->known |= 1u << reg;
}

static bool row_cfa(const struct cfi_row *row, const struct cfi_registers *r, uint64_t *cfa)
{
	if (row->cfa_expression)
		return cfi_evaluate(row->cfa_expression, 0, r, cfa);
	if (!(r->known >> row->cfa_register & 1))
		return false;
	*cfa = r->value[row->cfa_register] + (uint64_t)row->cfa_offset;
	return true;
}

/* The caller's value of a register that is not where it was; false: nobody knows it. */
static bool row_register(const struct cfi_row *row, unsigned reg, const struct cfi_registers *r,
                         uint64_t cfa, uint64_t *value)
{
	uint64_t where = (uint64_t)row->value[reg];

	switch (row->kind[reg]) {
	case CFI_AT_CFA:
		return cfi_read_word(cfa + where, value);
	case CFI_IS_CFA:
		*value = cfa + where;
		return true;
	case CFI_IN_REGISTER:
		*value = where < CFI_REGISTERS ? r->value[where] : 0;
		return where < CFI_REGISTERS && r->known >> where & 1;
	case CFI_AT_EXPRESSION:
		return cfi_evaluate(where, cfa, r, &where) && cfi_read_word(where, value);
	case CFI_IS_EXPRESSION:
		return cfi_evaluate(where, cfa, r, value);
	default:
		return false;
	}
}

/* From a frame's registers to its caller's; false: they cannot be found. */
static bool registers_step(const struct cfi_row *row, struct cfi_registers *r)
{
	uint64_t cfa, value;
	struct cfi_registers caller = {.known = 0};

	if (!row_cfa(row, r, &cfa))
		return false;
	for (unsigned reg = 0; reg < CFI_REGISTERS; reg++) {
		if (row->kind[reg] != CFI_SAME) {
			if (row_register(row, reg, r, cfa, &value))
				set_register(&caller, reg, value);
		} else if (r->known >> reg & 1) {
			set_register(&caller, reg, r->value[reg]);
		}
	}

	*r = caller;
	return r->known >> CFI_RA & 1 && r->known >> CFI_RSP & 1;
}

/* The registers that the kernel saved in the frame of a signal: struct rt_sigframe at sp. */
static bool registers_from_signal(struct cfi_registers *r)
{
	static const uint8_t saved_at[CFI_REGISTERS] = {
		[0] = 144, [1] = 136, [2] = 152, [3] = 128, [4] = 112, [5] = 104,
		[6] = 120, [7] = 160, [8] = 40,  [9] = 48,  [10] = 56, [11] = 64,
		[12] = 72, [13] = 80, [14] = 88, [15] = 96, [16] = 168};
	uint64_t frame = r->value[CFI_RSP];

	for (unsigned reg = 0; reg < CFI_REGISTERS; reg++) {
		uint64_t value;
		if (!cfi_read_word(frame + saved_at[reg], &value))
			return false;
		set_register(r, reg, value);
	}

	return true;
}

enum step { STEP_ON, STEP_ROOT, STEP_LOST };

/* To the caller of the frame `key`, whose code the registers do not name any more: r has its own. */
static enum step step_up(struct cfi_registers *r, uint64_t key, bool *exact)
{
	struct cfi_row row;
	uint32_t number = module_map_find(rule_pc(key));
	uint64_t sp = r->value[CFI_RSP], pc = r->value[CFI_RA];

	if (!number)
		return STEP_LOST;
	const struct module *m = module_map_at(number);
	if (is_signal_return(number, key & ~RULE_EXACT)) {
		*exact = true;
		return registers_from_signal(r) ? STEP_ON : STEP_LOST;
	}

	if (!cfi_find_row(m, rule_pc(key), &row)) /* guessing would begin here */
		return r->known >> CFI_RBP & 1 && !r->value[CFI_RBP] ? STEP_ROOT : STEP_LOST;
	if (row.kind[CFI_RA] == CFI_UNDEFINED)
		return STEP_ROOT;
	*exact = row.is_signal_frame;
	if (!registers_step(&row, r))
		return STEP_LOST;
	return r->value[CFI_RSP] != sp || r->value[CFI_RA] != pc ? STEP_ON : STEP_LOST;
}

/* The frames above: `key` is the first one's. */
static void walk_registers(struct self *self, struct cfi_registers *r, bool exact,
                           struct unwound *out)
{
	for (uint32_t steps = 0; steps < STEPS_MOST && r->value[CFI_RA]; steps++) {
		uint64_t key = r->value[CFI_RA] | (exact ? RULE_EXACT : 0);
		uint64_t rule = unwind_rules_find(key);
		if (!rule)
			rule = unwind_rules_add(key, rule_code_of(key));
		if (deep_stack_reach(self, r->value[CFI_RSP], key, out))
			return;
		unwound_add(out, rule_ref_number(rule));
		enum step step = step_up(r, key, &exact);
		if (step == STEP_ON)
			continue;
		out->flags = step == STEP_ROOT ? PTF_STACK_COMPLETE : PTF_STACK_LOST;
		return;
	}

	out->flags = r->value[CFI_RA] ? PTF_STACK_LOST : PTF_STACK_COMPLETE;
}

/* Moves up to the frame whose stack pointer is `sp`. */
static bool skip_ourselves(struct cfi_registers *r, uint64_t sp)
{
	bool exact = true; /* the first address is no return address */
	for (int i = 0; i < 64 && r->value[CFI_RSP] < sp; i++)
		if (step_up(r, r->value[CFI_RA] | (exact ? RULE_EXACT : 0), &exact) != STEP_ON)
			return false;
	return r->value[CFI_RSP] == sp;
}

/* The registers that a function keeps for its caller, as they are here, and the address of here. */
PT_INLINE void registers_of_here(struct cfi_registers *r)
{
	uint64_t *v = r->value;

	__asm__ __volatile__("movq %%rbx, 24(%[v])\n\t"
	                     "movq %%rbp, 48(%[v])\n\t"
	                     "movq %%rsp, 56(%[v])\n\t"
	                     "movq %%r12, 96(%[v])\n\t"
	                     "movq %%r13, 104(%[v])\n\t"
	                     "movq %%r14, 112(%[v])\n\t"
	                     "movq %%r15, 120(%[v])\n\t"
	                     "leaq 0(%%rip), %%rax\n\t"
	                     "movq %%rax, 128(%[v])"
	                     :
	                     : [v] "r"(v)
	                     : "rax", "memory");
	r->known = 1u << CFI_RBX | 1u << CFI_RBP | 1u << CFI_RSP | 0xfu << CFI_R12 | 1u << CFI_RA;
}

__attribute__((noinline)) void cfi_backtrace(struct self *self, const struct frame_start *start,
                                             struct unwound *out)
{
	struct cfi_registers r;
	uint64_t mask;
	out->n = 0;
	out->flags = PTF_STACK_LOST;
	raw_signals_block(&mask);
	registers_of_here(&r);
	if (skip_ourselves(&r, frame_start_sp(start)))
		walk_registers(self, &r, false, out);
	raw_signals_restore(&mask);
}

/* ---- start ---- */

/* The stack of this very moment by rules and with all registers: the same frames? */
static bool unwind_rules_agree(struct self *self)
{
	const struct frame_start *here = __builtin_frame_address(0);
	static uint32_t reference_frames[PTF_MAX_FRAMES];
	struct unwound reference = {.frames = reference_frames}, ours;
	cfi_backtrace(self, here, &reference);
	unwind_by_rules(self, here, &ours);
	return ours.n == reference.n && ours.n > 1 && ours.flags == reference.flags &&
	       memcmp(ours.frames, reference.frames, ours.n * sizeof ours.frames[0]) == 0;
}

void cfi_unwind_start(struct self *self)
{
	const char *wanted = format_text_env("POOLTRACE_UNWIND");
	if ((wanted && strcmp(wanted, "none") == 0) || unwind_mode != UNWIND_CALLERS)
		return;
	unwind_mode = UNWIND_BY_RULES;
	if (!unwind_rules_agree(self) || (wanted && strcmp(wanted, "registers") == 0))
		unwind_mode = UNWIND_ALL_REGISTERS;
}
