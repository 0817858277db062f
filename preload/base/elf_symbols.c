/* See symbols.h.  The hash tables are those of DT_GNU_HASH, and of DT_HASH where there is no other. */
#include "base/elf_symbols.h"

/* The loader has relocated most pointers in the dynamic section, but not those of the vdso. */
static const void *symbols_pointer(uint64_t base, uint64_t value)
{
	return (const void *)(value < base ? base + value : value);
}

bool symbols_of(uint64_t base, const ElfW(Dyn) * dynamic, struct symbols *s)
{
	*s = (struct symbols){.base = base};
	for (const ElfW(Dyn) *d = dynamic; d && d->d_tag != DT_NULL; d++) {
		const void *p = symbols_pointer(base, d->d_un.d_ptr);
		if (d->d_tag == DT_SYMTAB)
			s->symbol = p;
		else if (d->d_tag == DT_STRTAB)
			s->names = p;
		else if (d->d_tag == DT_GNU_HASH)
			s->gnu_hash = p;
		else if (d->d_tag == DT_HASH)
			s->sysv_hash = p;
		else if (d->d_tag == DT_VERSYM)
			s->versions = p;
	}

	return s->symbol && s->names && (s->gnu_hash || s->sysv_hash);
}

bool symbols_of_image(uint64_t base, const ElfW(Phdr) * phdr, unsigned n, struct symbols *s)
{
	for (unsigned i = 0; phdr && i < n; i++)
		if (phdr[i].p_type == PT_DYNAMIC)
			return symbols_of(base, (const ElfW(Dyn) *)(base + phdr[i].p_vaddr), s);
	return false;
}

/* A symbol with the hidden bit is an old version, which only those who were linked with it get. */
static bool symbols_is(const struct symbols *s, uint32_t i, const char *name)
{
	enum { VERSION_HIDDEN = 0x8000 };
	const ElfW(Sym) *sym = &s->symbol[i];
	return sym->st_shndx != SHN_UNDEF && sym->st_value &&
	       !(s->versions && (s->versions[i] & VERSION_HIDDEN)) &&
	       strcmp(s->names + sym->st_name, name) == 0;
}

static uint32_t symbols_gnu_hash(const char *name)
{
	uint32_t h = 5381;
	for (; *name; name++)
		h = h * 33 + (uint8_t)*name;
	return h;
}

static uint32_t symbols_find_gnu(const struct symbols *s, const char *name)
{
	uint32_t n_buckets = s->gnu_hash[0], first = s->gnu_hash[1], n_bloom = s->gnu_hash[2];
	const uint32_t *bucket = s->gnu_hash + 4 + n_bloom * (sizeof(ElfW(Addr)) / 4);
	const uint32_t *chain = bucket + n_buckets;
	uint32_t h = symbols_gnu_hash(name);
	uint32_t i = n_buckets ? bucket[h % n_buckets] : 0;

	if (i < first)
		return 0;
	for (;; i++) {
		if ((chain[i - first] | 1) == (h | 1) && symbols_is(s, i, name))
			return i;
		if (chain[i - first] & 1)
			return 0;
	}
}

static uint32_t symbols_sysv_hash(const char *name)
{
	uint32_t h = 0;
	for (; *name; name++) {
		h = (h << 4) + (uint8_t)*name;
		h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
	}
	return h;
}

static uint32_t symbols_find_sysv(const struct symbols *s, const char *name)
{
	uint32_t n_buckets = s->sysv_hash[0];
	const uint32_t *bucket = s->sysv_hash + 2, *chain = bucket + n_buckets;
	uint32_t i = n_buckets ? bucket[symbols_sysv_hash(name) % n_buckets] : 0;
	while (i && !symbols_is(s, i, name))
		i = chain[i];
	return i;
}

const ElfW(Sym) * symbols_entry(const struct symbols *s, const char *name)
{
	uint32_t i = s->gnu_hash ? symbols_find_gnu(s, name) : symbols_find_sysv(s, name);
	return i ? &s->symbol[i] : NULL;
}

void *symbols_find(const struct symbols *s, const char *name, uint64_t *n_bytes)
{
	const ElfW(Sym) *sym = symbols_entry(s, name);
	if (!sym)
		return NULL;
	if (n_bytes)
		*n_bytes = sym->st_size;
	void *address = (void *)(s->base + sym->st_value);
	if (ELF64_ST_TYPE(sym->st_info) == STT_GNU_IFUNC)
		return ((void *(*)(void))address)();
	return address;
}
