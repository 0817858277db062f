/* See codes.h. */
#include "codes.h"

#include "spare_table.h"
#include "write/definition_writer.h"
#include "base/lock.h"
#include "unwind/stack_table.h"
#include "id_table.h"
#include "string_table.h"
#include "py_read.h"
#include "watched_blocks.h"

/* A live code object. */
struct py_stack_cache_code {
	const void *code; /* NULL: free slot; CODE_GONE: was one */
	uint32_t id;      /* PTF_D_PYCODE */
	uint32_t traits;
};

#define CODES_FIRST_SLOTS 1024u
#define CODE_GONE ((const void *)1)

/* Protected by codes_lock. */
static struct py_stack_cache_code *slots;
static uint32_t n_slots, n_used;
LOCK_DEFINE(codes_lock, LOCK_CODES);

static struct id_table definitions = ID_TABLE_EMPTY; /* hash of a PTF_D_PYCODE -> its id */
static struct id_table lines = ID_TABLE_EMPTY;       /* (code id, line) -> frame id */

static struct py_stack_cache_code *codes_slot(const void *code)
{
	for (uint32_t i = (uint32_t)((uintptr_t)code * 0x9E3779B97F4A7C15ull >> 32);; i++) {
		struct py_stack_cache_code *k = &slots[i & (n_slots - 1)];
		if (k->code == code || !k->code)
			return k;
	}
}

static bool codes_grow(void)
{
	uint32_t n_live = 0, n_old = n_slots;
	struct py_stack_cache_code *old = slots;

	for (uint32_t i = 0; i < n_old; i++)
		n_live += old[i].code > CODE_GONE;
	uint32_t n = n_old ? n_old : CODES_FIRST_SLOTS;
	if (n_live * 4 > n)
		n *= 2;
	static struct spare_table spare;
	struct py_stack_cache_code *fresh = spare_table_exchange(&spare, old, n_old, n,
	                                                         sizeof *fresh);
	if (!fresh)
		return false;

	slots = fresh;
	n_slots = n;
	n_used = n_live;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i].code > CODE_GONE)
			*codes_slot(old[i].code) = old[i];

	return true;
}

static uint32_t code_string(const void *code, uint16_t field)
{
	char text[PY_READ_TEXT_BYTES];
	if (!field)
		return 0;
	return string_table_string(
		text, py_read_str(python.layout, load_pointer(code, field), text, sizeof text));
}

static uint32_t code_define(const void *code)
{
	const struct layout *l = python.layout;
	struct definition d;
	definition_start(&d);
	definition_number(&d, code_string(code, l->code_filename));
	definition_number(&d, code_string(code, l->code_name));
	definition_number(&d, code_string(code, l->code_qualname));
	definition_number(&d, load32(code, l->code_firstlineno));
	definition_number(&d, load32(code, l->code_argcount));
	uint64_t key = id_table_hash(2, d.bytes, (size_t)(d.at - d.bytes));
	uint32_t id = id_table_find(&definitions, key);
	return id ? id : id_table_add(&definitions, key, definition_writer_put(PTF_D_PYCODE, &d));
}

static uint32_t code_traits(const void *code)
{
	const struct layout *l = python.layout;
	char name[8];
	uint32_t traits = 0;

	if (l->skip_owner && load32(code, l->code_flags) & CODE_NO_LOCATION)
		traits |= SITE_SHIM;
	if (load32(code, l->code_argcount)) {
		const void *first = py_read_tuple(l, load_pointer(code, l->code_names), 0);
		size_t n = py_read_str(l, first, name, sizeof name);
		if (n == 4 && memcmp(name, "self", 4) == 0)
			traits |= SITE_METHOD;
	}

	return traits;
}

/* A copy of what is known about the code object, which is defined and watched first if it is new. */
static struct py_stack_cache_code codes_know_locked(const void *code)
{
	struct py_stack_cache_code none = {0};

	if (n_used * 2 >= n_slots && !codes_grow())
		return none;
	struct py_stack_cache_code *k = codes_slot(code);
	if (!k->code) {
		if (!watched_blocks_add(code, WATCHED_CODE))
			return none;
		n_used++;
		*k = (struct py_stack_cache_code){.code = code, .traits = code_traits(code)};
	}

	if (!k->id)
		k->id = code_define(code);
	return *k;
}

static struct py_stack_cache_code codes_know(const void *code)
{
	struct py_stack_cache_code k = {0};
	if (lock_take(&codes_lock)) {
		k = codes_know_locked(code);
		lock_release(&codes_lock);
	}
	return k;
}

static uint32_t line_frame(uint32_t code_id, uint32_t line)
{
	struct definition d;
	uint64_t key = id_table_key(code_id, line);
	uint32_t id = id_table_find(&lines, key);
	if (id)
		return id;
	definition_start(&d);
	definition_number(&d, code_id);
	definition_number(&d, line);
	return id_table_add(&lines, key, definition_writer_put(PTF_D_FRAME_PY, &d));
}

struct code_site codes_site(const void *code, int offset)
{
	struct code_site site = {0};
	struct py_stack_cache_code k = codes_know(code);
	site.traits = k.traits;
	if (k.id && !(k.traits & SITE_SHIM)) {
		int line = python.api.PyCode_Addr2Line((void *)(uintptr_t)code, offset);
		site.frame = line_frame(k.id, line > 0 ? (uint32_t)line : 0);
	}
	site.frame |= FRAME_IS_ID;
	return site;
}

void codes_drop(const void *code)
{
	if (!lock_take(&codes_lock))
		return;
	struct py_stack_cache_code *k = n_slots ? codes_slot(code) : NULL;
	if (k && k->code)
		k->code = CODE_GONE;
	lock_release(&codes_lock);
	py_count_death(&python.deaths.codes);
}

uint32_t codes_function_name(const void *code)
{
	const struct layout *l = python.layout;
	return code_string(code, l->code_qualname ? l->code_qualname : l->code_name);
}

/* True: another thread was changing the table. */
bool codes_forget_ids(void)
{
	bool in_doubt = lock_forget(&codes_lock);
	id_table_forget(&definitions);
	id_table_forget(&lines);
	for (uint32_t i = 0; i < n_slots; i++)
		slots[i].id = 0;
	py_count_death(&python.deaths.codes);
	return in_doubt;
}
