/* See types.h. */
#include "types.h"

#include "base/arena.h"
#include "write/definition_writer.h"
#include "base/lock.h"
#include "id_table.h"
#include "string_table.h"
#include "py_read.h"
#include "watched_blocks.h"

#define TYPES_FIRST_SLOTS 1024u
#define TYPE_IS_TYPE (1u << 31) /* tp_flags: subclass of type */

struct type_table *types_table;
struct type_info types_none = {.type = (const void *)1};
LOCK_DEFINE(types_lock, LOCK_TYPES);
static struct id_table classes = ID_TABLE_EMPTY; /* hash of a PTF_D_CLASS -> its id */

/* ---- the table ---- */

static bool types_grow(void)
{
	struct type_table *old = types_table;
	uint32_t n = old ? (old->mask + 1) * 2 : TYPES_FIRST_SLOTS;
	struct type_table *t = arena_take(sizeof *t + n * sizeof t->slot[0]);

	if (!t)
		return false;
	t->mask = n - 1;
	for (uint32_t i = 0; old && i <= old->mask; i++) {
		if (!old->slot[i].info)
			continue;
		*types_slot(t, old->slot[i].type) = old->slot[i];
		t->used++;
	}

	__atomic_store_n(&types_table, t, __ATOMIC_RELEASE);
	return true;
}

static struct type_info *types_insert_locked(const struct type_info *fresh)
{
	if ((!types_table || types_table->used * 2 > types_table->mask) && !types_grow())
		return NULL;
	struct type_slot *slot = types_slot(types_table, fresh->type);
	if (slot->type && slot->info)
		return slot->info;
	struct type_info *info = arena_take(sizeof *info);
	if (!info)
		return NULL;
	*info = *fresh;
	__atomic_store_n(&slot->info, info, __ATOMIC_RELEASE);
	if (!slot->type)
		types_table->used++;
	__atomic_store_n(&slot->type, fresh->type, __ATOMIC_RELEASE);

	return info;
}

static struct type_info *types_insert(const struct type_info *fresh)
{
	if (!lock_take(&types_lock))
		return NULL;
	struct type_info *info = types_insert_locked(fresh);
	lock_release(&types_lock);
	return info;
}

/* ---- what a type says about its instances ---- */

static uint8_t type_offset(uint64_t flags)
{
	if (!(flags & TYPE_GC))
		return 0;
	uint64_t pre_header = python.layout->minor >= 12 ? TYPE_MANAGED_WEAKREF | TYPE_MANAGED_DICT
	                      : python.layout->minor == 11 ? TYPE_MANAGED_DICT
	                                                   : 0;
	return flags & pre_header ? 32 : 16;
}

static struct type_info type_describe(const void *type)
{
	uint64_t flags = load64(type, TYPE_FLAGS);
	const char *name = load_pointer(type, TYPE_NAME);
	struct type_info info = {.type = type,
	                         .basic_bytes = (uint32_t)load64(type, TYPE_BASIC_SIZE)};

	info.offset = type_offset(flags);
	if (flags & TYPE_IS_TYPE)
		info.traits |= TYPE_IS_METACLASS;
	if (flags & TYPE_HEAP)
		info.traits |= TYPE_IS_HEAP;
	if (load64(type, TYPE_ITEM_SIZE) || flags & TYPE_STR_SUBCLASS)
		info.traits |= TYPE_ANY_SIZE;
	if (flags & TYPE_INLINE_VALUES && python.layout->minor >= 13)
		info.traits |= TYPE_HAS_VALUES;
	info.least_bytes = info.basic_bytes;
	if (flags & TYPE_STR_SUBCLASS && !(flags & TYPE_HEAP))
		info.least_bytes = python.layout->str_ascii +
		                   1u; /* compact: the text in place of the last fields */
	else if (name && strncmp(name, "datetime.", 9) == 0)
		info.least_bytes -= 8; /* without a time zone */

	if (info.least_bytes < info.basic_bytes)
		info.traits |= TYPE_SHORT_FORM;
	return info;
}

PT_COLD struct type_info *types_complete(struct type_info *info)
{
	if (!(load64(info->type, TYPE_FLAGS) & TYPE_READY))
		return NULL;
	struct type_info fresh = type_describe(info->type);
	info->traits = fresh.traits;
	info->offset = fresh.offset;
	info->least_bytes = fresh.least_bytes;
	__atomic_store_n(&info->basic_bytes, fresh.basic_bytes, __ATOMIC_RELEASE);
	return info;
}

/* ---- is it a type? ---- */

static bool module_data_holds(uint64_t address, uint64_t n_bytes)
{
	struct dl_find_object found;

	if (_dl_find_object((void *)address, &found) != 0)
		return false;
	const ElfW(Ehdr) *ehdr = found.dlfo_map_start;
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	const ElfW(Phdr) *ph = (const ElfW(Phdr) *)((const char *)ehdr + ehdr->e_phoff);
	uint64_t base = found.dlfo_link_map->l_addr;
	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		uint64_t start = base + ph[i].p_vaddr;
		if (ph[i].p_type == PT_LOAD && ph[i].p_flags & PF_W && address >= start &&
		    address + n_bytes <= start + ph[i].p_memsz)
			return true;
	}

	return false;
}

/* Does a type fit at this address in a module's writable data?  Answers are remembered by page; a
 * "no" is asked again now and then, since modules come. */
static bool is_module_data(struct py_thread *t, uint64_t address)
{
	const uint64_t page = address >> 12, needed = TYPE_FLAGS + 8;
	uint64_t *answer = &t->page[page % PAGE_ANSWERS];
	bool known = *answer >> 1 == page;
	bool inside = (address & 4095) + needed <= 4096;

	if (known && *answer & 1 && inside)
		return true;
	if (known && !(*answer & 1) && ++t->n_page_answers % 1024)
		return false;
	bool holds = module_data_holds(address, needed);
	if (inside)
		*answer = page << 1 | holds;
	return holds;
}

/* Static types: their type is a metaclass. */
static PT_COLD struct type_info *types_prove(struct py_thread *t, const void *type, unsigned depth)
{
	const void *api_type = python.api.PyType_Type;

	if (type != api_type) {
		if (!is_module_data(t, (uint64_t)type))
			return NULL;
		const void *meta = load_pointer(type, OBJ_TYPE);
		struct type_info *m = types_known(meta);
		if (!m && depth < 4 && !((uintptr_t)meta & 7) && meta)
			m = types_prove(t, meta, depth + 1);
		if (!m || !(m->traits & TYPE_IS_METACLASS))
			return NULL;
	}

	if (!(load64(type, TYPE_FLAGS) & TYPE_READY))
		return NULL;
	struct type_info info = type_describe(type);
	return types_insert(&info);
}

PT_HOT bool types_begins_earlier(const void *block)
{
	const void *word = load_pointer(block, 16 + OBJ_TYPE);
	const struct type_info *info = word ? types_known(word) : NULL;

	return info && info->offset == 16;
}

struct type_info *types_find(struct py_thread *t, const void *type)
{
	struct type_info *info = types_known(type);
	if (likely(info))
		return info;
	uint64_t address = (uint64_t)type;
	if (address & 7 || address < 65536 || address >> 47)
		return NULL;
	return types_prove(t, type, 0);
}

bool types_add(const void *type)
{
	struct type_info fresh = {.type = type};
	if (!watched_blocks_add((const char *)type - 16, WATCHED_TYPE))
		return false;
	return types_insert(&fresh) != NULL;
}

void types_drop(const void *block)
{
	const void *type = (const char *)block + 16;
	if (!lock_take(&types_lock))
		return;
	if (types_table)
		__atomic_store_n(&types_slot(types_table, type)->info, NULL, __ATOMIC_RELEASE);
	py_count_death(&python.deaths.types);
	lock_release(&types_lock);
}

static struct type_info *types_search_block(struct py_thread *t, const void *block,
                                            uint64_t size_bytes)
{
	for (unsigned offset = 0; offset <= 32 && size_bytes >= offset + 16; offset += 16) {
		const void *word = load_pointer(block, offset + OBJ_TYPE);
		struct type_info *info = word ? types_find(t, word) : NULL;
		if (info && info->offset == offset && types_fits(info, size_bytes))
			return info;
	}
	return NULL;
}

struct type_info *types_of_block_slow(struct py_thread *t, const void *block, uint64_t size_bytes)
{
	struct type_info *info = types_search_block(t, block, size_bytes);
	if (info)
		*types_guess(t, size_bytes) = type_guess_of(size_bytes, info);
	return info;
}

/* Depth first over type.__subclasses__(); what is known already has been here. */
static void register_subclasses(struct py_thread *t, void *type, void *ask, unsigned depth)
{
	void *list = python.api.PyObject_CallFunctionObjArgs(ask, type, NULL);
	long n = list ? python.api.PyList_Size(list) : 0;

	for (long i = 0; i < n; i++) {
		void *subclass = python.api.PyList_GetItem(list, i);
		bool seen = types_known(subclass) != NULL;
		if (!seen && load64(subclass, TYPE_FLAGS) & TYPE_HEAP)
			types_add(subclass);
		else
			types_find(t, subclass);
		if (!seen && depth < 200)
			register_subclasses(t, subclass, ask, depth + 1);
	}

	if (list)
		python.api.Py_DecRef(list);
	else
		python.api.PyErr_Clear();
}

void types_each(void (*each)(struct type_info *, void *), void *data)
{
	struct type_table *t = __atomic_load_n(&types_table, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; t && i <= t->mask; i++) {
		struct type_info *info = t->slot[i].info;
		if (info && types_known(info->type) && info->traits & TYPE_IS_HEAP)
			each(info, data);
	}
}

void types_register_all(struct py_thread *t)
{
	const void *object = python.api.PyBaseObject_Type;
	void *ask = python.api.PyObject_GetAttrString(python.api.PyType_Type, "__subclasses__");
	if (!ask) {
		python.api.PyErr_Clear();
		return;
	}
	types_find(t, python.api.PyType_Type);
	register_subclasses(t, (void *)(uintptr_t)object, ask, 0);
	/* `type` was known before that walk, so it did not go into the metaclasses below it (abc.ABCMeta). */
	register_subclasses(t, python.api.PyType_Type, ask, 0);
	python.api.Py_DecRef(ask);
}

struct type_info *types_of_header(const void *header, uint64_t size_bytes)
{
	for (unsigned offset = 0; offset <= 32 && size_bytes >= offset + 16; offset += 16) {
		const void *word = load_pointer(header, offset + OBJ_TYPE);
		struct type_info *info = word ? types_known(word) : NULL;
		if (info && info->offset == offset && types_fits(info, size_bytes))
			return info;
	}
	return NULL;
}

/* ---- the definition in the trace ---- */

static unsigned class_flags(const void *type)
{
	uint64_t flags = load64(type, TYPE_FLAGS);
	unsigned minor = python.layout->minor;
	unsigned result = 0;

	if (flags & TYPE_HEAP)
		result |= PTF_CLASS_HEAP;
	if (flags & TYPE_GC)
		result |= PTF_CLASS_GC;
	if (load64(type, TYPE_DICT_OFFSET) || (minor >= 11 && flags & TYPE_MANAGED_DICT))
		result |= PTF_CLASS_DICT;
	if (load64(type, TYPE_WEAKLIST_OFFSET) || (minor >= 12 && flags & TYPE_MANAGED_WEAKREF))
		result |= PTF_CLASS_WEAKREF;
	if (minor >= 13 && flags & TYPE_INLINE_VALUES)
		result |= PTF_CLASS_INLINE;
	const void *solid = type;
	while (solid && load64(solid, TYPE_FLAGS) & TYPE_HEAP)
		solid = load_pointer(solid, TYPE_BASE);
	if (solid && load_pointer(solid, TYPE_BASE))
		result |= PTF_CLASS_BUILTIN_BASE;
	return result;
}

/* Of "outer.<locals>.Inner" the part that follows the last function. */
static const char *name_after_locals(const char *name, size_t *n)
{
	static const char mark[] = "<locals>.";
	const char *found = memmem(name, *n, mark, sizeof mark - 1);
	while (found) {
		found += sizeof mark - 1;
		*n -= (size_t)(found - name);
		name = found;
		found = memmem(name, *n, mark, sizeof mark - 1);
	}
	return name;
}

static void class_names(const void *type, uint32_t *name_id, uint32_t *module_id)
{
	char text[PY_READ_TEXT_BYTES];
	const char *c_name = load_pointer(type, TYPE_NAME);

	if (load64(type, TYPE_FLAGS) & TYPE_HEAP) {
		size_t n = py_read_str(python.layout,
		                       load_pointer(type, python.layout->type_qualname), text,
		                       sizeof text);
		const char *name = name_after_locals(text, &n);
		*name_id = string_table_string(name, n);
		const void *module = py_read_dict(python.layout, load_pointer(type, TYPE_DICT),
		                                  "__module__");
		*module_id = string_table_string(
			text, py_read_str(python.layout, module, text, sizeof text));
		return;
	}

	const char *dot = c_name ? strrchr(c_name, '.') : NULL;
	*name_id = string_table_text(dot ? dot + 1 : c_name ? c_name : "?");
	*module_id = dot ? string_table_string(c_name, (size_t)(dot - c_name))
	                 : string_table_text("builtins");
}

PT_COLD uint32_t types_define(struct py_thread *t, struct type_info *info)
{
	uint32_t name, module, base_id = 0;
	struct definition d;
	const void *base = load_pointer(info->type, TYPE_BASE);
	struct type_info *base_info = base ? types_find(t, base) : NULL;

	if (base_info)
		base_id = types_class(t, base_info);
	class_names(info->type, &name, &module);
	definition_start(&d);
	definition_number(&d, name);
	definition_number(&d, module);
	definition_number(&d, base_id);
	definition_number(&d, class_flags(info->type));
	definition_number(&d, info->basic_bytes);
	definition_number(&d, load64(info->type, TYPE_ITEM_SIZE));
	uint64_t key = id_table_hash(1, d.bytes, (size_t)(d.at - d.bytes));
	uint32_t id = id_table_find(&classes, key);
	if (!id)
		id = id_table_add(&classes, key, definition_writer_put(PTF_D_CLASS, &d));
	info->class_id = id;
	return id;
}

/* True: another thread was changing the table. */
bool types_forget_ids(void)
{
	bool in_doubt = lock_forget(&types_lock);
	id_table_forget(&classes);
	for (uint32_t i = 0; types_table && i <= types_table->mask; i++)
		if (types_table->slot[i].info)
			types_table->slot[i].info->class_id = 0;
	return in_doubt;
}
