/*
 * See cfi.h.  What a module says is not believed: each entry, table and instruction is read inside of a segment
 * that is loaded, and each step of a loop reads on.
 */
#include "unwind/cfi.h"
#include "unwind/cfi_bytes.h"

uint64_t cfi_formatted(struct cfi_bytes *b, uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case 0x00: /* absptr */
	case 0x04: /* udata8 */
	case 0x0c: /* sdata8 */
		return cfi_unsigned(b, 8);
	case 0x01:
		return cfi_uleb(b);
	case 0x02:
		return cfi_unsigned(b, 2);
	case 0x03:
		return cfi_unsigned(b, 4);
	case 0x09:
		return (uint64_t)cfi_sleb(b);
	case 0x0a:
		return (uint64_t)cfi_signed(b, 2);
	case 0x0b:
		return (uint64_t)cfi_signed(b, 4);
	default:
		b->failed = true;
		return 0;
	}
}

/* An indirect pointer is one of a personality routine, which nobody asks for here. */
uint64_t cfi_pointer(struct cfi_bytes *b, uint8_t encoding, uint64_t data)
{
	uint64_t place = (uint64_t)b->at, value;

	if (encoding == CFI_ENCODING_OMIT)
		return 0;
	value = cfi_formatted(b, encoding);
	if ((encoding & 0x70) == CFI_ENCODING_RELATIVE_TO_PLACE)
		value += place;
	else if ((encoding & 0x70) == 0x30)
		value += data;
	else if (encoding & 0x70)
		b->failed = true;

	if (encoding & CFI_ENCODING_INDIRECT)
		b->failed = true;
	return value;
}

/* ---- entries of .eh_frame ---- */

/* A common information entry: what the functions that refer to it share. */
struct cfi_cie {
	struct cfi_bytes initial; /* instructions before those of the function */
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointer_encoding;
	bool has_augmentation; /* their lengths stand before their data */
	bool is_signal_frame;
};

/* A frame description entry: one function, or a part of one. */
struct cfi_fde {
	uint64_t start, end; /* its code */
	struct cfi_bytes program;
	struct cfi_cie cie;
};

/* Bytes of a loaded segment of the module from `at` on; 0: none are there. */
static uint64_t cfi_bytes_in(const struct module *m, uint64_t at)
{
	for (unsigned i = 0; i < m->n_phdr; i++) {
		uint64_t start = m->base + m->phdr[i].p_vaddr, n = m->phdr[i].p_filesz;
		if (m->phdr[i].p_type == PT_LOAD && at - start < n)
			return n - (at - start);
	}
	return 0;
}

/* The body of the entry at `at`; b->at is where its CIE's distance stands.  False: the end of the section. */
static bool cfi_entry(const struct module *m, uint64_t at, struct cfi_bytes *b)
{
	*b = cfi_bytes_of(at, cfi_bytes_in(m, at));
	uint64_t n = cfi_unsigned(b, 4);
	if (n == 0xffffffff)
		n = cfi_unsigned(b, 8);
	if (b->failed || n < 4 || n > (uint64_t)(b->end - b->at))
		return false;
	b->end = b->at + n;
	return true;
}

/* The letters of a CIE's augmentation string after its `z`. */
static void cfi_read_augmentation(struct cfi_cie *cie, const char *letters, struct cfi_bytes *b)
{
	uint8_t encoding;

	for (; *letters && !b->failed; letters++)
		switch (*letters) {
		case 'L':
			cfi_unsigned(b, 1);
			break;
		case 'P':
			encoding = (uint8_t)cfi_unsigned(b, 1);
			cfi_formatted(b, encoding);
			break;
		case 'R':
			cie->pointer_encoding = (uint8_t)cfi_unsigned(b, 1);
			break;
		case 'S':
			cie->is_signal_frame = true;
			break;
		default: /* one that changes nothing here, or that nobody knows: its data is skipped */
			return;
		}
}

static bool cfi_read_cie(const struct module *m, uint64_t at, struct cfi_cie *cie)
{
	struct cfi_bytes b;
	*cie = (struct cfi_cie){0};
	if (!cfi_entry(m, at, &b) || cfi_unsigned(&b, 4) != 0)
		return false;

	uint64_t version = cfi_unsigned(&b, 1);
	const char *letters = (const char *)b.at;
	while (cfi_unsigned(&b, 1))
		;
	if (version == 4)
		cfi_unsigned(&b, 2); /* sizes of an address and of a segment selector */
	cie->code_align = cfi_uleb(&b);
	cie->data_align = cfi_sleb(&b);
	uint64_t return_register = version == 1 ? cfi_unsigned(&b, 1) : cfi_uleb(&b);

	if (*letters == 'z') {
		uint64_t n = cfi_uleb(&b);
		struct cfi_bytes data = b;
		if (n > (uint64_t)(b.end - b.at))
			return false;
		cie->has_augmentation = true;
		cfi_read_augmentation(cie, letters + 1, &data);
		b.at += n;
	} else if (*letters) {
		return false;
	}
	cie->initial = b;
	return !b.failed && return_register == CFI_RA;
}

static bool cfi_read_fde(const struct module *m, uint64_t at, struct cfi_fde *fde)
{
	struct cfi_bytes b;
	if (!cfi_entry(m, at, &b))
		return false;
	uint64_t place = (uint64_t)b.at, distance = cfi_unsigned(&b, 4);
	if (!distance || !cfi_read_cie(m, place - distance, &fde->cie))
		return false;

	fde->start = cfi_pointer(&b, fde->cie.pointer_encoding, 0);
	fde->end = fde->start + cfi_formatted(&b, fde->cie.pointer_encoding);
	if (fde->cie.has_augmentation) {
		uint64_t n = cfi_uleb(&b);
		if (n > (uint64_t)(b.end - b.at))
			return false;
		b.at += n;
	}
	fde->program = b;
	return !b.failed;
}

/* ---- the entry of an address ---- */

static uint64_t cfi_header_of(const struct module *m)
{
	for (unsigned i = 0; m->phdr && i < m->n_phdr; i++)
		if (m->phdr[i].p_type == PT_GNU_EH_FRAME)
			return m->base + m->phdr[i].p_vaddr;
	return 0;
}

/* The table of .eh_frame_hdr: sorted by start, both words relative to the header. */
struct cfi_table_entry {
	int32_t start, fde;
};

static uint64_t cfi_search(uint64_t header, const struct cfi_table_entry *table, uint64_t n,
                           uint64_t pc)
{
	uint64_t low = 0;
	while (n) { /* the last entry that does not start behind pc is in [low, low + n) or before */
		uint64_t half = n / 2;
		if (header + (uint64_t)(int64_t)table[low + half].start <= pc) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low ? header + (uint64_t)(int64_t)table[low - 1].fde : 0;
}

/* Without a table the entries are read in their order. */
static bool cfi_find_without_table(const struct module *m, uint64_t section, uint64_t pc,
                                   struct cfi_fde *fde)
{
	struct cfi_bytes b;
	for (uint64_t at = section; cfi_entry(m, at, &b); at = (uint64_t)b.end)
		if (cfi_read_fde(m, at, fde) && pc >= fde->start && pc < fde->end)
			return true;
	return false;
}

static bool cfi_find_fde(const struct module *m, uint64_t header, uint64_t pc, struct cfi_fde *fde)
{
	enum { TABLE_OF_RELATIVE_WORDS = 0x3b };
	struct cfi_bytes b = cfi_bytes_of(header, cfi_bytes_in(m, header));
	uint64_t version = cfi_unsigned(&b, 1);
	uint8_t section_encoding = (uint8_t)cfi_unsigned(&b, 1);
	uint8_t count_encoding = (uint8_t)cfi_unsigned(&b, 1);
	uint8_t table_encoding = (uint8_t)cfi_unsigned(&b, 1);
	uint64_t section = cfi_pointer(&b, section_encoding, header);
	uint64_t n = cfi_pointer(&b, count_encoding, header);

	if (version != 1 || b.failed)
		return false;
	if (table_encoding != TABLE_OF_RELATIVE_WORDS)
		return section && cfi_find_without_table(m, section, pc, fde);
	const struct cfi_table_entry *table = (const struct cfi_table_entry *)b.at;
	if (n > (uint64_t)(b.end - b.at) / sizeof *table)
		return false;
	uint64_t at = cfi_search(header, table, n, pc);
	return at && cfi_read_fde(m, at, fde) && pc >= fde->start && pc < fde->end;
}

/* ---- the program of an entry ---- */

#define CFI_REMEMBERED 3u

struct cfi_machine {
	struct cfi_bytes b;
	const struct cfi_cie *cie;
	uint64_t location, pc;
	uint32_t n_remembered;
	struct cfi_row row;
	struct cfi_row initial; /* what DW_CFA_restore restores */
	struct cfi_row remembered[CFI_REMEMBERED];
};

static void cfi_set(struct cfi_machine *c, uint64_t reg, enum cfi_kind kind, int64_t value)
{
	if (reg >= CFI_REGISTERS) /* vector registers and the like: nobody asks for them */
		return;
	c->row.kind[reg] = (uint8_t)kind;
	c->row.value[reg] = value;
}

static void cfi_restore(struct cfi_machine *c, uint64_t reg)
{
	if (reg < CFI_REGISTERS)
		cfi_set(c, reg, c->initial.kind[reg], c->initial.value[reg]);
}

static int64_t cfi_factored(struct cfi_machine *c, bool is_signed)
{
	return (int64_t)(cfi_leb(&c->b, is_signed) * (uint64_t)c->cie->data_align);
}

/* The address of an expression, which is skipped; its length stands before it. */
static uint64_t cfi_skip_expression(struct cfi_bytes *b)
{
	uint64_t at = (uint64_t)b->at, n = cfi_uleb(b);
	if (n > (uint64_t)(b->end - b->at))
		b->failed = true;
	else
		b->at += n;
	return at;
}

static void cfi_remember(struct cfi_machine *c)
{
	if (c->n_remembered == CFI_REMEMBERED)
		c->b.failed = true;
	else
		c->remembered[c->n_remembered++] = c->row;
}

static void cfi_recall(struct cfi_machine *c)
{
	if (!c->n_remembered)
		c->b.failed = true;
	else
		c->row = c->remembered[--c->n_remembered];
}

static void cfi_define_cfa(struct cfi_machine *c, uint64_t reg, int64_t offset)
{
	if (reg >= CFI_REGISTERS)
		c->b.failed = true;
	c->row.cfa_register = (uint8_t)reg;
	c->row.cfa_offset = offset;
	c->row.cfa_expression = 0;
}

/* Instructions that say what the CFA is. */
static bool cfi_run_cfa(struct cfi_machine *c, uint8_t op)
{
	uint64_t reg = c->row.cfa_register;

	switch (op) {
	case 0x0c: /* definition_cfa */
		reg = cfi_uleb(&c->b);
		cfi_define_cfa(c, reg, (int64_t)cfi_uleb(&c->b));
		return true;
	case 0x0d: /* definition_cfa_register */
		cfi_define_cfa(c, cfi_uleb(&c->b), c->row.cfa_offset);
		return true;
	case 0x0e: /* definition_cfa_offset */
		cfi_define_cfa(c, reg, (int64_t)cfi_uleb(&c->b));
		return true;
	case 0x0f: /* definition_cfa_expression */
		c->row.cfa_expression = cfi_skip_expression(&c->b);
		return true;
	case 0x12: /* definition_cfa_sf */
		reg = cfi_uleb(&c->b);
		cfi_define_cfa(c, reg, cfi_factored(c, true));
		return true;
	case 0x13: /* definition_cfa_offset_sf */
		cfi_define_cfa(c, reg, cfi_factored(c, true));
		return true;
	default:
		return false;
	}
}

/* Instructions that say where a register is, whose number is their first operand. */
static bool cfi_run_register(struct cfi_machine *c, uint8_t op, uint64_t reg)
{
	switch (op) {
	case 0x05: /* offset_extended */
		cfi_set(c, reg, CFI_AT_CFA, cfi_factored(c, false));
		return true;
	case 0x06: /* restore_extended */
		cfi_restore(c, reg);
		return true;
	case 0x07:
		cfi_set(c, reg, CFI_UNDEFINED, 0);
		return true;
	case 0x08:
		cfi_set(c, reg, CFI_SAME, 0);
		return true;
	case 0x09: /* register */
		cfi_set(c, reg, CFI_IN_REGISTER, (int64_t)cfi_uleb(&c->b));
		return true;
	case 0x10: /* expression */
		cfi_set(c, reg, CFI_AT_EXPRESSION, (int64_t)cfi_skip_expression(&c->b));
		return true;
	case 0x11: /* offset_extended_sf */
		cfi_set(c, reg, CFI_AT_CFA, cfi_factored(c, true));
		return true;
	case 0x14: /* val_offset */
		cfi_set(c, reg, CFI_IS_CFA, cfi_factored(c, false));
		return true;
	case 0x15: /* val_offset_sf */
		cfi_set(c, reg, CFI_IS_CFA, cfi_factored(c, true));
		return true;
	case 0x16: /* val_expression */
		cfi_set(c, reg, CFI_IS_EXPRESSION, (int64_t)cfi_skip_expression(&c->b));
		return true;
	case 0x2f: /* GNU_negative_offset_extended */
		cfi_set(c, reg, CFI_AT_CFA, -cfi_factored(c, false));
		return true;
	default:
		return false;
	}
}

static bool cfi_names_register(uint8_t op)
{
	return (op >= 0x05 && op <= 0x09) || op == 0x10 || op == 0x11 ||
	       (op >= 0x14 && op <= 0x16) || op == 0x2f;
}

/* Instructions without a register that are none of the above. */
static void cfi_run_other(struct cfi_machine *c, uint8_t op)
{
	switch (op) {
	case 0x00: /* nop */
		break;
	case 0x01: /* set_loc */
		c->location = cfi_pointer(&c->b, c->cie->pointer_encoding, 0);
		break;
	case 0x02: /* advance_loc1, 2, 4 */
	case 0x03:
	case 0x04:
		c->location += cfi_unsigned(&c->b, 1u << (op - 2)) * c->cie->code_align;
		break;
	case 0x0a:
		cfi_remember(c);
		break;
	case 0x0b:
		cfi_recall(c);
		break;
	case 0x2e: /* GNU_args_size */
		cfi_uleb(&c->b);
		break;
	default:
		c->b.failed = true;
	}
}

/* Runs the instructions up to the row that holds at pc. */
static bool cfi_run(struct cfi_machine *c, struct cfi_bytes program)
{
	c->b = program;
	while (c->b.at < c->b.end && !c->b.failed && c->location <= c->pc) {
		uint8_t op = (uint8_t)cfi_unsigned(&c->b, 1), low = op & 0x3f;
		if (op >> 6 == 1) /* advance_loc */
			c->location += low * c->cie->code_align;
		else if (op >> 6 == 2) /* offset */
			cfi_set(c, low, CFI_AT_CFA, cfi_factored(c, false));
		else if (op >> 6 == 3) /* restore */
			cfi_restore(c, low);
		else if (cfi_names_register(op))
			cfi_run_register(c, op, cfi_uleb(&c->b));
		else if (!cfi_run_cfa(c, op))
			cfi_run_other(c, op);
	}

	return !c->b.failed;
}

bool cfi_find_row(const struct module *m, uint64_t pc, struct cfi_row *row)
{
	struct cfi_fde fde;
	struct cfi_machine c;
	uint64_t header = cfi_header_of(m);
	if (!header || !cfi_find_fde(m, header, pc, &fde))
		return false;

	memset(&c.row, 0, sizeof c.row);
	c.row.kind[CFI_RSP] = CFI_IS_CFA;
	c.cie = &fde.cie;
	c.pc = pc;
	c.n_remembered = 0;
	c.location = fde.start;
	if (!cfi_run(&c, fde.cie.initial))
		return false;
	c.initial = c.row;
	if (!cfi_run(&c, fde.program))
		return false;

	*row = c.row;
	row->is_signal_frame = fde.cie.is_signal_frame;
	return true;
}
