/*
 * Rules by number in pieces of an array; numbers by key in an open-addressed table that is replaced
 * by one twice as large when three quarters full (the old one stays: a reader may be in it).
 */
#include "unwind_rules.h"
#include "base/arena.h"
#include "write/definition_writer.h"
#include "base/generation.h"
#include "base/lock.h"
#include "module_map.h"
#include "base/own_memory.h"

#define INDEX_FIRST_SLOTS 4096u

struct rule_piece *rule_pieces[RULE_MAX / RULE_PIECE]; /* filled under unwind_rules_lock */
static uint32_t n_rules; /* protected by unwind_rules_lock; number 0 is never a rule's */
struct rule_index *rule_index;
uint32_t unwind_rules_generation;
LOCK_DEFINE(unwind_rules_lock, LOCK_RULES);

static uint64_t index_put(struct rule_index *t, uint32_t number)
{
	const struct rule *r = unwind_rules_at(number);
	uint32_t i = unwind_rules_hash(r->key);
	while (t->slot[i & t->mask].key)
		i++;
	struct rule_slot *s = &t->slot[i & t->mask];
	s->rule = number | (uint64_t)r->code << 32;
	__atomic_store_n(&s->key, r->key, __ATOMIC_RELEASE);
	return s->rule;
}

static struct rule_index *index_new(uint32_t n_slots)
{
	struct rule_index *t = arena_take(sizeof *t + n_slots * sizeof t->slot[0]);
	if (t)
		t->mask = n_slots - 1;
	return t;
}

static bool unwind_rules_index_grow(void)
{
	struct rule_index *t = index_new((rule_index->mask + 1) * 2);
	if (!t)
		return false;
	for (uint32_t i = 1; i <= n_rules; i++)
		if (unwind_rules_at(i)->key)
			index_put(t, i);
	__atomic_store_n(&rule_index, t, __ATOMIC_RELEASE);
	return true;
}

/* Is there room for the rule with the next number? */
static bool unwind_rules_have_room(void)
{
	struct rule_piece **piece;
	if (n_rules + 1 >= RULE_MAX ||
	    (n_rules > rule_index->mask / 4 * 3 && !unwind_rules_index_grow()))
		return false;
	piece = &rule_pieces[(n_rules + 1) / RULE_PIECE];
	if (!*piece)
		*piece = own_map(sizeof **piece);
	return *piece != NULL;
}

static uint64_t unwind_rules_add_locked(uint64_t key, uint32_t code)
{
	uint64_t rule = unwind_rules_find(key);
	if (rule)
		return rule;
	if (!unwind_rules_have_room())
		return 0;
	*unwind_rules_at(++n_rules) = (struct rule){key, code};
	return index_put(rule_index, n_rules);
}

uint64_t unwind_rules_add(uint64_t key, uint32_t code)
{
	if (!lock_take(&unwind_rules_lock))
		return 0;
	uint64_t rule = unwind_rules_add_locked(key, code);
	lock_release(&unwind_rules_lock);
	return rule;
}

/* PTF_D_FRAME: module, 2 * offset + exact. */
static uint32_t unwind_rules_define_frame(uint64_t key)
{
	uint8_t payload[20];
	uint64_t address = key & ~RULE_EXACT;
	uint32_t module = module_map_find(address - (key & RULE_EXACT ? 0 : 1));
	if (module) {
		module_map_announce(module);
		address -= module_map_at(module)->base;
	}
	uint8_t *p = ptc_put_varint(payload, module);
	p = ptc_put_varint(p, address << 1 | !!(key & RULE_EXACT));
	return definition_writer_put_bytes(PTF_D_FRAME, payload, (uint32_t)(p - payload));
}

/* Two threads may define the same frame twice: harmless, both ids mean the same. */
uint32_t unwind_rules_frame_id(uint32_t number)
{
	uint32_t *at = &unwind_rules_piece(number)->frame_id[number % RULE_PIECE];
	uint32_t id = __atomic_load_n(at, __ATOMIC_RELAXED);
	if (!id) {
		id = unwind_rules_define_frame(unwind_rules_at(number)->key);
		__atomic_store_n(at, id, __ATOMIC_RELAXED);
	}
	return id;
}

PT_COLD uint32_t unwind_rules_define_caller_stack(uint32_t number)
{
	uint64_t mask;
	raw_signals_block(&mask);
	uint32_t frame = unwind_rules_frame_id(number);
	uint32_t id = definition_writer_stack(PTF_STACK_CALLER_ONLY, &frame, 1);
	__atomic_store_n(&unwind_rules_piece(number)->caller_stack[number % RULE_PIECE], id,
	                 __ATOMIC_RELAXED);
	raw_signals_restore(&mask);
	return id;
}

void unwind_rules_drop(uint64_t start, uint64_t end)
{
	if (!lock_take(&unwind_rules_lock))
		return;
	for (uint32_t i = 0; i <= rule_index->mask; i++) {
		struct rule_slot *s = &rule_index->slot[i];
		uint64_t address = s->key & ~RULE_EXACT;
		if (address < start || address >= end)
			continue;
		unwind_rules_at(rule_ref_number(s->rule))->key = 0;
		__atomic_store_n(&s->key, RULE_GONE, __ATOMIC_RELAXED);
	}

	__atomic_fetch_add(&unwind_rules_generation, 1, __ATOMIC_RELEASE);
	generation_next();
	lock_release(&unwind_rules_lock);
}

static void unwind_rules_forget_all(void)
{
	memset(rule_pieces, 0, sizeof rule_pieces);
	rule_index = NULL; /* unwind_rules_start() makes a new one */
	n_rules = 0;
	unwind_rules_generation++;
}

void unwind_rules_forget_ids(void)
{
	if (lock_forget(&unwind_rules_lock))
		unwind_rules_forget_all(); /* another thread was changing them */
	for (uint32_t i = 0; i < RULE_MAX / RULE_PIECE && rule_pieces[i]; i++) {
		memset(rule_pieces[i]->frame_id, 0, sizeof rule_pieces[i]->frame_id);
		memset(rule_pieces[i]->caller_stack, 0, sizeof rule_pieces[i]->caller_stack);
	}
}

bool unwind_rules_start(void)
{
	if (!rule_pieces[0])
		rule_pieces[0] = own_map(sizeof *rule_pieces[0]); /* number 0 is asked for, too */
	if (!rule_index)
		rule_index = index_new(INDEX_FIRST_SLOTS);
	return rule_pieces[0] && rule_index;
}
