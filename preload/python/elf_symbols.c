/* See elf_symbols.h.  The hash table is the one of DT_GNU_HASH. */
#include "elf_symbols.h"

static const ElfW(Dyn) * symbols_dynamic(const struct module *m)
{
	for (unsigned i = 0; i < m->n_phdr; i++)
		if (m->phdr[i].p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)(m->base + m->phdr[i].p_vaddr);
	return NULL;
}

/* The loader has relocated most pointers in the dynamic section, but not those of the vdso. */
static const void *symbols_pointer(const struct module *m, uint64_t value)
{
	return (const void *)(value < m->base ? m->base + value : value);
}

bool symbols_of(const struct module *m, struct symbols *s)
{
	*s = (struct symbols){.base = m->base};
	for (const ElfW(Dyn) *d = symbols_dynamic(m); d && d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_SYMTAB)
			s->symbol = symbols_pointer(m, d->d_un.d_ptr);
		else if (d->d_tag == DT_STRTAB)
			s->names = symbols_pointer(m, d->d_un.d_ptr);
		else if (d->d_tag == DT_GNU_HASH)
			s->gnu_hash = symbols_pointer(m, d->d_un.d_ptr);
	}
	return s->symbol && s->names && s->gnu_hash;
}

static uint32_t symbols_hash(const char *name)
{
	uint32_t h = 5381;
	for (; *name; name++)
		h = h * 33 + (uint8_t)*name;
	return h;
}

static const ElfW(Sym) * symbols_entry(const struct symbols *s, const char *name)
{
	uint32_t n_buckets = s->gnu_hash[0], first = s->gnu_hash[1], n_bloom = s->gnu_hash[2];
	const uint32_t *bucket = s->gnu_hash + 4 + n_bloom * (sizeof(ElfW(Addr)) / 4);
	const uint32_t *chain = bucket + n_buckets;
	uint32_t h = symbols_hash(name);
	uint32_t i = n_buckets ? bucket[h % n_buckets] : 0;
	if (i < first)
		return NULL;
	for (;; i++) {
		const ElfW(Sym) *sym = &s->symbol[i];
		if ((chain[i - first] | 1) == (h | 1) && strcmp(s->names + sym->st_name, name) == 0)
			return sym;
		if (chain[i - first] & 1)
			return NULL;
	}
}

void *symbols_find(const struct symbols *s, const char *name, uint64_t *n_bytes)
{
	const ElfW(Sym) *sym = symbols_entry(s, name);
	if (!sym || sym->st_shndx == SHN_UNDEF)
		return NULL;
	if (n_bytes)
		*n_bytes = sym->st_size;
	return (void *)(s->base + sym->st_value);
}
