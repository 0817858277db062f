/*
 * The modules (executable, shared objects, vdso) whose code has been seen, and their numbers.
 *
 * Found through _dl_find_object(), which takes no lock; dl_iterate_phdr() is used only outside hooks.
 */
#ifndef PT_MODULE_MAP_H
#define PT_MODULE_MAP_H

#include "unwind/module_image.h"

/* Number of the module that holds the address, from 1; 0: none (JIT code, for example). */
uint32_t module_map_find(uint64_t address);

/* How many there are; numbers go from 1 to this. */
uint32_t module_map_count(void);

/* A module by number. */
const struct module *module_map_at(uint32_t number);

/* Writes PTF_D_MODULE if this trace has not got it yet. */
void module_map_announce(uint32_t number);

/* The same for all that are known and loaded. */
void module_map_announce_all(void);

/* Learns all modules loaded now.  Outside hooks only: asks the loader. */
void module_map_scan(void);

/* After a dlclose: marks the unloaded ones, calls each(start, end) for them; true if there are any.
 * Outside hooks only. */
bool module_map_sweep(void (*each)(uint64_t start, uint64_t end));

/* In a forked child: the new trace has no modules yet. */
void module_map_forget_announced(void);

#endif
