/*
 * Rows of the unwind table by our interpreter against those of libunwind: of every function of the C
 * library, of this program, and of what else is loaded here (libstdc++, libpython, libcrypto where they are).
 */
#include <dlfcn.h>
#include <libunwind.h>
#include <link.h>

#include "unit.h"

#define PT_INTERPOSES /* nothing is poisoned: this is a test */
#include "unwind/cfi.h"

/* As unw_reg_states_iterate() of libunwind 1.6 hands it out. */
struct reg_state {
	uint16_t return_column;
	uint8_t pad[6];
	uint8_t where[24];
	int64_t value[19];
};
enum {
	THEIRS_SAME = 1,
	THEIRS_AT_CFA = 2,
	THEIRS_REGISTER = 3,
	CFA_REGISTER = 17,
	CFA_OFFSET = 18
};

static struct {
	int (*init)(unw_cursor_t *, unw_context_t *);
	int (*set)(unw_cursor_t *, int, unw_word_t);
	int (*iterate)(unw_cursor_t *, int (*)(void *, void *, size_t, unw_word_t, unw_word_t),
	               void *);
	int (*getcontext)(unw_context_t *);
} theirs;

static struct module module;
static unsigned long n_compared, n_different;

static bool same_register(const struct cfi_row *row, const struct reg_state *s, unsigned reg)
{
	if (row->kind[reg] == CFI_AT_CFA)
		return s->where[reg] == THEIRS_AT_CFA && s->value[reg] == row->value[reg];
	if (row->kind[reg] == CFI_SAME)
		return s->where[reg] == THEIRS_SAME || s->where[reg] == 0;
	return s->where[reg] != THEIRS_AT_CFA && s->where[reg] != THEIRS_SAME;
}

static bool same_row(const struct cfi_row *row, const struct reg_state *s)
{
	static const unsigned kept[] = {CFI_RBX, CFI_RBP, CFI_R12, 13, 14, 15};
	if (row->kind[CFI_RA] == CFI_UNDEFINED)
		return s->where[CFI_RA] == 0;
	if (row->cfa_expression)
		return s->where[CFA_REGISTER] != THEIRS_REGISTER;
	if (s->where[CFA_REGISTER] != THEIRS_REGISTER ||
	    s->value[CFA_REGISTER] != row->cfa_register ||
	    s->value[CFA_OFFSET] != row->cfa_offset || !same_register(row, s, CFI_RA))
		return false;
	for (unsigned i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (!same_register(row, s, kept[i]))
			return false;
	return true;
}

static void compare_at(uint64_t pc, const struct reg_state *s)
{
	struct cfi_row row;
	n_compared++;
	if (cfi_find_row(&module, pc, &row) && same_row(&row, s))
		return;
	if (n_different++ < 10)
		printf("# differs at +0x%lx\n", (unsigned long)(pc - module.base));
}

static int each_row(void *unused, void *state, size_t n_bytes, unw_word_t start, unw_word_t end)
{
	(void)unused;
	if (n_bytes == sizeof(struct reg_state) && end > start) {
		compare_at(start, state);
		compare_at(end - 1, state);
	}
	return 0;
}

static uint64_t header_of(const struct dl_phdr_info *info)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
			return info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
	return 0;
}

static int each_module(struct dl_phdr_info *info, size_t size, void *unused)
{
	unw_context_t context;
	uint64_t header = header_of(info);
	(void)size;
	(void)unused;
	if (!header)
		return 0;
	module = (struct module){
		.base = info->dlpi_addr, .phdr = info->dlpi_phdr, .n_phdr = info->dlpi_phnum};
	uint32_t n = *(const uint32_t *)(header + 8);
	const int32_t *table = (const int32_t *)(header + 12);
	theirs.getcontext(&context);
	for (uint32_t i = 0; i < n; i++) {
		unw_cursor_t cursor;
		theirs.init(&cursor, &context);
		theirs.set(&cursor, UNW_REG_IP, header + (uint64_t)(int64_t)table[2 * i] + 1);
		theirs.iterate(&cursor, each_row, NULL);
	}
	return 0;
}

static bool find_libunwind(void)
{
	void *h = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!h)
		return false;
	theirs.init = (__typeof__(theirs.init))dlsym(h, "_ULx86_64_init_local");
	theirs.set = (__typeof__(theirs.set))dlsym(h, "_ULx86_64_set_reg");
	theirs.iterate = (__typeof__(theirs.iterate))dlsym(h, "_ULx86_64_reg_states_iterate");
	theirs.getcontext = (__typeof__(theirs.getcontext))dlsym(h, "_Ux86_64_getcontext");
	return theirs.init && theirs.set && theirs.iterate && theirs.getcontext;
}

TEST("cfi: rows are those of libunwind for every function that is loaded")
{
	static const char *const more[] = {"libstdc++.so.6", "libpython3.11.so.1.0",
	                                   "libcrypto.so.3"};
	if (!find_libunwind()) {
		printf("# no libunwind here to compare with\n");
		return;
	}
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		dlopen(more[i], RTLD_LAZY | RTLD_LOCAL);
	dl_iterate_phdr(each_module, NULL);
	CHECK(n_compared > 50000);
	CHECK_EQ(n_different, 0);
}

/* A module of one page: its header and table are given, all else is zero. */
static uint8_t image[4096] __attribute__((aligned(4096)));

TEST("cfi: tables that lie are not followed out of the module")
{
	struct cfi_row row;
	ElfW(Phdr)
		phdr[] = {{.p_type = PT_LOAD,
	                   .p_vaddr = 0,
	                   .p_filesz = sizeof image,
	                   .p_memsz = sizeof image},
	                  {.p_type = PT_GNU_EH_FRAME, .p_vaddr = 0, .p_filesz = 64, .p_memsz = 64}};
	struct module m = {.base = (uint64_t)image, .phdr = phdr, .n_phdr = 2};
	uint32_t seed = 1;
	for (int round = 0; round < 200000; round++) {
		static const uint8_t start[] = {1, 0x1b, 3, 0x3b};
		for (size_t i = 0; i < 256; i++)
			image[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
		memcpy(image, start, sizeof start);
		if (round % 2)
			image[3] = 0xff;
		*(uint32_t *)(image + 8) = round % 3 ? 1 : 0xffffffff;
		*(int32_t *)(image + 12) = 0;
		*(int32_t *)(image + 16) = (int32_t)(seed >> 20) - 200;
		cfi_find_row(&m, (uint64_t)image + seed % 4096, &row);
	}
}
