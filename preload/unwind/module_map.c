/*
 * A short array, searched from the end with the last answer first: only new return addresses ask.
 */
#include "module_map.h"
#include "unwind/module_image.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "write/definition_writer.h"
#include "base/lock.h"
#include "base/program_path.h"
#include "write/python_upcalls.h"
#include "base/raw.h"
#include "base/real.h"

#define MODMAP_MAX 4096u

LOCK_DEFINE(module_map_lock, LOCK_MODULES);
static struct module modules[MODMAP_MAX]; /* appended to under module_map_lock; read without */
static uint32_t n_modules;                /* released after the entry is filled */

static bool module_map_holds(const struct module *m, uint64_t address)
{
	return address >= m->start && address < m->end &&
	       (likely(!m->has_holes) || module_image_in_segment(m, address));
}

static uint32_t module_map_search(uint64_t address)
{
	static uint32_t last;
	uint32_t n = __atomic_load_n(&n_modules, __ATOMIC_ACQUIRE);
	uint32_t hint = __atomic_load_n(&last, __ATOMIC_RELAXED);
	for (uint32_t i = n + 1; i-- > 0;) {
		uint32_t at = i == n ? hint : i;
		if (at < n && module_map_holds(&modules[at], address) && !modules[at].gone) {
			__atomic_store_n(&last, at, __ATOMIC_RELAXED);
			return at + 1;
		}
	}
	return 0;
}

uint32_t module_map_count(void)
{
	return __atomic_load_n(&n_modules, __ATOMIC_ACQUIRE);
}

const struct module *module_map_at(uint32_t number)
{
	return &modules[number - 1];
}

/* ---- finding ---- */

/* Reads the module's memory: the caller knows that it cannot go away before this returns. */
static uint64_t module_map_identity(const struct module *m, const char *name)
{
	uint32_t n;
	const uint8_t *id = module_image_build_id(m, &n);
	return checksum_bytes(id, n, checksum_bytes(name, strlen(name), 0));
}

/* One that was here before keeps its number: a plugin may come and go all day. */
static uint32_t module_map_come_back(const struct module *m)
{
	for (uint32_t i = 0; i < n_modules; i++) {
		struct module *old = &modules[i];
		if (old->gone && old->start == m->start && old->end == m->end &&
		    old->identity == m->identity) {
			old->announced = false;
			__atomic_store_n(&old->gone, false, __ATOMIC_RELEASE);
			return i + 1;
		}
	}
	return 0;
}

static uint32_t module_map_add_locked(struct module *m)
{
	uint32_t number = module_map_search(m->start);
	if (!number)
		number = module_map_come_back(m);
	if (number || n_modules == MODMAP_MAX)
		return number;
	python_upcalls->module_seen(m);
	modules[n_modules] = *m;
	__atomic_store_n(&n_modules, n_modules + 1, __ATOMIC_RELEASE);
	return n_modules;
}

static uint32_t module_map_add(struct module *m)
{
	if (!lock_take(&module_map_lock))
		return 0;
	uint32_t number = module_map_add_locked(m);
	lock_release(&module_map_lock);
	return number;
}

uint32_t module_map_find(uint64_t address)
{
	struct dl_find_object found;
	uint32_t number = module_map_search(address);

	if (number)
		return number;
	if (_dl_find_object((void *)address, &found) != 0)
		return 0;
	struct module m = module_image_of(&found);
	m.identity = module_map_identity(&m, found.dlfo_link_map->l_name);
	number = module_map_add(&m);
	if (number)
		module_map_announce(number);
	return number;
}

/* ---- announcing ---- */

/* The loader's name for it, if that is a whole path.  The program has none there, and a relative one means
 * something else once the directory has changed: the kernel knows the path. */
static const char *module_map_name(const struct module *m, char *buffer, size_t n_bytes)
{
	struct dl_find_object found;
	const char *name = "";
	if (_dl_find_object((void *)m->start, &found) == 0)
		name = found.dlfo_link_map->l_name;
	if (name[0] == '/')
		return name;
	if (name[0])
		mapped_file_path(m->start, buffer, n_bytes);
	else
		program_path(buffer, n_bytes);
	return buffer[0] ? buffer : name;
}

void module_map_announce(uint32_t number)
{
	struct module *m = &modules[number - 1];
	struct definition d;
	char buffer[512];
	uint32_t id_bytes;

	if (__atomic_exchange_n(&m->announced, true, __ATOMIC_ACQ_REL))
		return;
	const uint8_t *id = module_image_build_id(m, &id_bytes);
	definition_start(&d);
	definition_number(&d, number);
	definition_number(&d, m->base);
	definition_number(&d, m->start);
	definition_number(&d, m->end);
	definition_number(&d, clock_ticks());
	definition_bytes(&d, id, id_bytes);
	definition_text(&d, module_map_name(m, buffer, sizeof buffer));
	definition_writer_put(PTF_D_MODULE, &d);
}

/* Whatever another thread was doing: an entry counts when it is whole. */
void module_map_forget_announced(void)
{
	lock_forget(&module_map_lock);
	for (uint32_t i = 0; i < n_modules; i++)
		modules[i].announced = false;
}

/* ---- the loader's list ---- */

static uint64_t module_map_first_address(const struct dl_phdr_info *info)
{
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			return info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
	return 0;
}

static int module_map_scan_one(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	uint64_t address = module_map_first_address(info);
	if (address)
		module_map_find(address);
	return 0;
}

void module_map_announce_all(void)
{
	struct dl_find_object found;
	for (uint32_t i = 0; i < n_modules; i++)
		if (!modules[i].gone && _dl_find_object((void *)modules[i].start, &found) == 0)
			module_map_announce(i + 1);
}

void module_map_scan(void)
{
	libc.dl_iterate_phdr_(module_map_scan_one, NULL);
	module_map_announce_all();
}

/* Modules that the loader has replaced by others at their address. */
struct replaced {
	uint32_t n;
	uint32_t number[64];
};

/* Under the loader's lock: what is listed stays while we look at it. */
static int module_map_compare_one(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	struct replaced *r = data;
	uint64_t address = module_map_first_address(info) & ~4095ull;
	uint32_t number = address ? module_map_search(address) : 0;
	if (!number || modules[number - 1].start != address || r->n == 64)
		return 0;
	struct module now = {
		.base = info->dlpi_addr, .phdr = info->dlpi_phdr, .n_phdr = info->dlpi_phnum};
	if (module_map_identity(&now, info->dlpi_name) != modules[number - 1].identity)
		r->number[r->n++] = number;
	return 0;
}

static bool module_map_retire(uint32_t number, void (*each)(uint64_t start, uint64_t end))
{
	struct definition d;
	struct module *m = &modules[number - 1];
	if (__atomic_exchange_n(&m->gone, true, __ATOMIC_ACQ_REL))
		return false;
	each(m->start, m->end);
	definition_start(&d);
	definition_number(&d, number);
	definition_number(&d, clock_ticks());
	definition_writer_put(PTF_D_MODULE_GONE, &d);
	return true;
}

bool module_map_sweep(void (*each)(uint64_t start, uint64_t end))
{
	struct replaced r = {0};
	struct dl_find_object found;
	bool any = false;
	libc.dl_iterate_phdr_(module_map_compare_one, &r);
	for (uint32_t i = 0; i < r.n; i++)
		any |= module_map_retire(r.number[i], each);
	for (uint32_t i = 0; i < n_modules; i++)
		if (!modules[i].gone && _dl_find_object((void *)modules[i].start, &found) != 0)
			any |= module_map_retire(i + 1, each);
	return any;
}
