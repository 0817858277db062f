/* See module_image.h. */
#include "unwind/module_image.h"
#include "base/real.h"

/* Is the address in a segment?  What lies between two segments may be another module. */
bool module_image_in_segment(const struct module *m, uint64_t address)
{
	for (unsigned i = 0; i < m->n_phdr; i++) {
		const ElfW(Phdr) *ph = &m->phdr[i];
		if (ph->p_type == PT_LOAD && address - (m->base + ph->p_vaddr) < ph->p_memsz)
			return true;
	}
	return false;
}

/* The program headers as mapped with the file's first page, or none. */
static void module_image_find_phdr(struct module *m)
{
	const ElfW(Ehdr) *ehdr = (const ElfW(Ehdr) *)m->start;
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0)
		return;
	m->phdr = (const ElfW(Phdr) *)(m->start + ehdr->e_phoff);
	m->n_phdr = ehdr->e_phnum;
}

/* Widens the module's range to all of its segments; says whether they touch. */
static void module_image_find_segments(struct module *m)
{
	uint64_t last_end = 0;

	for (unsigned i = 0; i < m->n_phdr; i++) {
		const ElfW(Phdr) *ph = &m->phdr[i];
		if (ph->p_type != PT_LOAD)
			continue;
		uint64_t start = (m->base + ph->p_vaddr) & ~4095ull;
		uint64_t end = (m->base + ph->p_vaddr + ph->p_memsz + 4095) & ~4095ull;
		m->has_holes |= last_end && start > last_end;
		m->start = pt_min(m->start, start);
		m->end = end > m->end ? end : m->end;
		last_end = end;
	}
}

/*
 * The kernel maps the program's segments and nothing between them; then the loader answers with one segment
 * at a time, which need not begin with the file's header.  The kernel says where the program headers are.
 * True if this is the program: its dynamic section is where these headers have it.
 */
static bool module_image_is_program(struct module *m, const struct link_map *map)
{
	const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)libc.getauxval_(AT_PHDR);
	uint16_t n = (uint16_t)libc.getauxval_(AT_PHNUM);
	for (unsigned i = 0; phdr && i < n; i++)
		if (phdr[i].p_type == PT_DYNAMIC &&
		    m->base + phdr[i].p_vaddr == (uint64_t)map->l_ld) {
			m->phdr = phdr;
			m->n_phdr = n;
			module_image_find_segments(m);
			return true;
		}
	return false;
}

static const uint8_t *module_image_note_build_id(const uint8_t *note, const uint8_t *end,
                                                 uint32_t *n)
{
	while (note + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *h = (const ElfW(Nhdr) *)note;
		const uint8_t *name = note + sizeof *h;
		const uint8_t *desc = name + ((h->n_namesz + 3) & ~3u);
		if (h->n_type == NT_GNU_BUILD_ID && h->n_namesz == 4 &&
		    memcmp(name, "GNU", 4) == 0) {
			*n = h->n_descsz;
			return desc;
		}
		note = desc + ((h->n_descsz + 3) & ~3u);
	}

	return NULL;
}

const uint8_t *module_image_build_id(const struct module *m, uint32_t *n)
{
	*n = 0;
	for (unsigned i = 0; i < m->n_phdr; i++) {
		const ElfW(Phdr) *ph = &m->phdr[i];
		if (ph->p_type != PT_NOTE)
			continue;
		const uint8_t *note = (const uint8_t *)(m->base + ph->p_vaddr);
		const uint8_t *id = module_image_note_build_id(note, note + ph->p_memsz, n);
		if (id && *n <= 64)
			return id;
	}

	*n = 0;
	return (const uint8_t *)"";
}

struct module module_image_of(const struct dl_find_object *found)
{
	struct module m = {.base = found->dlfo_link_map->l_addr,
	                   .start = (uint64_t)found->dlfo_map_start,
	                   .end = (uint64_t)found->dlfo_map_end};
	if (!module_image_is_program(&m, found->dlfo_link_map))
		module_image_find_phdr(&m);
	return m;
}
