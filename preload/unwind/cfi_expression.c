/*
 * See cfi_expression.h.
 */
#include "unwind/cfi_expression.h"
#include "unwind/cfi_bytes.h"
#include "base/raw.h"

#define STACK_WORDS 16u
#define STEPS_MOST 256u

struct machine {
	struct cfi_bytes b;
	const struct cfi_registers *registers;
	const uint8_t *start;
	uint32_t n;
	uint64_t stack[STACK_WORDS];
};

bool cfi_read_word(uint64_t address, uint64_t *value)
{
	bool is_in_one_page = (address & 4095) <= 4096 - sizeof *value;
	if (!raw_readable(address) ||
	    (!is_in_one_page && !raw_readable(address + sizeof *value - 1)))
		return false;
	__builtin_memcpy(value, (const void *)address, sizeof *value);
	return true;
}

static void push(struct machine *m, uint64_t value)
{
	if (m->n == STACK_WORDS)
		m->b.failed = true;
	else
		m->stack[m->n++] = value;
}

static uint64_t pop(struct machine *m)
{
	if (!m->n) {
		m->b.failed = true;
		return 0;
	}
	return m->stack[--m->n];
}

static void push_register(struct machine *m, uint64_t reg, int64_t offset)
{
	if (reg >= CFI_REGISTERS || !(m->registers->known >> reg & 1))
		m->b.failed = true;
	else
		push(m, m->registers->value[reg] + (uint64_t)offset);
}

static void push_from_memory(struct machine *m, unsigned n_bytes)
{
	uint64_t value = 0;
	if (!cfi_read_word(pop(m), &value))
		m->b.failed = true;
	push(m, n_bytes < 8 ? value & ((1ull << 8 * n_bytes) - 1) : value);
}

static void push_copy(struct machine *m, uint64_t depth)
{
	if (depth >= m->n)
		m->b.failed = true;
	else
		push(m, m->stack[m->n - 1 - depth]);
}

static void rotate(struct machine *m)
{
	uint64_t a = pop(m), b = pop(m), c = pop(m);
	push(m, a);
	push(m, c);
	push(m, b);
}

static void jump(struct machine *m, bool taken)
{
	int64_t distance = cfi_signed(&m->b, 2);
	if (!taken)
		return;
	if (distance < m->start - m->b.at || distance > m->b.end - m->b.at)
		m->b.failed = true;
	else
		m->b.at += distance;
}

/* Operations on the two words on top, `a` above `b`. */
static bool binary(uint8_t op, uint64_t a, uint64_t b, uint64_t *result)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case 0x1a:
		*result = a & b;
		return true;
	case 0x1b:
		*result = !a ? 0 : a == ~0ull ? -b : (uint64_t)(sb / sa);
		return true;
	case 0x1c:
		*result = b - a;
		return true;
	case 0x1d:
		*result = a ? b % a : 0;
		return true;
	case 0x1e:
		*result = a * b;
		return true;
	case 0x21:
		*result = a | b;
		return true;
	case 0x22:
		*result = a + b;
		return true;
	case 0x24:
		*result = a < 64 ? b << a : 0;
		return true;
	case 0x25:
		*result = a < 64 ? b >> a : 0;
		return true;
	case 0x26:
		*result = (uint64_t)(sb >> (a < 64 ? a : 63));
		return true;
	case 0x27:
		*result = a ^ b;
		return true;
	case 0x29:
		*result = sb == sa;
		return true;
	case 0x2a:
		*result = sb >= sa;
		return true;
	case 0x2b:
		*result = sb > sa;
		return true;
	case 0x2c:
		*result = sb <= sa;
		return true;
	case 0x2d:
		*result = sb < sa;
		return true;
	case 0x2e:
		*result = sb != sa;
		return true;
	default:
		return false;
	}
}

/* Constants: addr, const1u to const8s, constu, consts. */
static bool run_constant(struct machine *m, uint8_t op)
{
	if (op == 0x03)
		push(m, cfi_unsigned(&m->b, 8));
	else if (op >= 0x08 && op <= 0x0f)
		push(m, op & 1 ? (uint64_t)cfi_signed(&m->b, 1u << (op - 8) / 2)
		               : cfi_unsigned(&m->b, 1u << (op - 8) / 2));
	else if (op == 0x10 || op == 0x11)
		push(m, cfi_leb(&m->b, op == 0x11));
	else if (op >= 0x30 && op <= 0x4f) /* lit0 to lit31 */
		push(m, op - 0x30u);
	else
		return false;

	return true;
}

static bool run_stack(struct machine *m, uint8_t op)
{
	uint64_t a, b;

	switch (op) {
	case 0x12:
		push_copy(m, 0);
		return true; /* dup */
	case 0x13:
		pop(m);
		return true; /* drop */
	case 0x14:
		push_copy(m, 1);
		return true; /* over */
	case 0x15:
		push_copy(m, cfi_unsigned(&m->b, 1));
		return true; /* pick */
	case 0x16:
		a = pop(m), b = pop(m);
		push(m, a), push(m, b);
		return true; /* swap */
	case 0x17:
		rotate(m);
		return true;
	default:
		return false;
	}
}

static bool run_unary(struct machine *m, uint8_t op)
{
	int64_t a;

	switch (op) {
	case 0x19:
		a = (int64_t)pop(m);
		push(m, a < 0 ? -(uint64_t)a : (uint64_t)a);
		return true; /* abs */
	case 0x1f:
		push(m, -pop(m));
		return true;
	case 0x20:
		push(m, ~pop(m));
		return true;
	case 0x23:
		a = (int64_t)cfi_uleb(&m->b);
		push(m, pop(m) + (uint64_t)a);
		return true; /* plus_uconst */
	default:
		return false;
	}
}

static bool run_register(struct machine *m, uint8_t op)
{
	uint64_t reg = op - 0x70u;
	if (op == 0x92) /* bregx */
		reg = cfi_uleb(&m->b);
	else if (op < 0x70 || op > 0x8f) /* breg0 to breg31 */
		return false;
	push_register(m, reg, cfi_sleb(&m->b));
	return true;
}

static void run_binary(struct machine *m, uint8_t op)
{
	uint64_t a = pop(m), b = pop(m), result = 0;
	if (!binary(op, a, b, &result))
		m->b.failed = true;
	push(m, result);
}

static void run_one(struct machine *m)
{
	uint8_t op = (uint8_t)cfi_unsigned(&m->b, 1);
	if (run_constant(m, op) || run_stack(m, op) || run_unary(m, op) || run_register(m, op))
		return;

	if (op == 0x06) /* deref */
		push_from_memory(m, 8);
	else if (op == 0x94) /* deref_size */
		push_from_memory(m, (unsigned)cfi_unsigned(&m->b, 1));
	else if (op == 0x2f) /* skip */
		jump(m, true);
	else if (op == 0x28) /* bra */
		jump(m, pop(m) != 0);
	else if (op != 0x96) /* nop */
		run_binary(m, op);
}

bool cfi_evaluate(uint64_t expression, uint64_t pushed, const struct cfi_registers *r,
                  uint64_t *result)
{
	struct machine m = {.registers = r, .n = 1, .stack = {pushed}};

	m.b = cfi_bytes_of(expression, 16);
	uint64_t n = cfi_uleb(&m.b);
	m.b.end = m.b.at + n;
	m.start = m.b.at;
	for (unsigned steps = 0; m.b.at < m.b.end && !m.b.failed; steps++) {
		if (steps == STEPS_MOST)
			return false;
		run_one(&m);
	}

	*result = m.n ? m.stack[m.n - 1] : 0;
	return !m.b.failed && m.n;
}
