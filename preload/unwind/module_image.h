/*
 * A module as the loader has mapped it: its range, its program headers, its build id.
 *
 * Reads the module's own memory and takes no lock.
 */
#ifndef PT_MODULE_IMAGE_H
#define PT_MODULE_IMAGE_H

#include "base/pt.h"

struct module {
	uint64_t base;       /* load bias: address - base is the address in the file's terms */
	uint64_t start, end; /* mapped range */
	const ElfW(Phdr) * phdr;
	uint64_t identity; /* of its name and build id: another one may come to the same address */
	uint16_t n_phdr;
	bool is_python; /* exports what an interpreter does */
	bool has_holes; /* between its segments may be other modules */
	bool gone;
	bool announced; /* PTF_D_MODULE is in this process's trace */
};

/* The module that _dl_find_object() has found, with the fields up to n_phdr and has_holes. */
struct module module_image_of(const struct dl_find_object *found);

/* True if the address is in a segment; between two segments may be another module. */
bool module_image_in_segment(const struct module *m, uint64_t address);

/* Its build id of *n bytes, at most 64; *n is 0 and the result "" where it has none. */
const uint8_t *module_image_build_id(const struct module *m, uint32_t *n);

#endif
