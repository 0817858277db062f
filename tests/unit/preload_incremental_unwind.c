/*
 * The chain against the stack that was built: random calls and returns on a stack of memory, by
 * functions that count from sp, from bp with a varying number of locals, or that save bp and use it for
 * something else.
 */
#include "unit.h"

#include "unwind/incremental_unwind.h"
#include "write/self.h"
#include "unwind/unwind.h"

enum { N_FUNCTIONS = 12, N_SITES = 3, MAX_DEPTH = 40, DEEPEST = 5000, STACK_WORDS = 1 << 17 };

enum kind { FROM_SP, FROM_BP, SAVES_BP };

struct call {
	uint32_t function, site, locals;
	uint64_t scratch; /* what the function keeps in bp */
};

static uint64_t stack_words[2][STACK_WORDS];
static uint64_t *stack_now = stack_words[0];
static struct call calls[DEEPEST]; /* root first */
static uint32_t n_calls;
static uint32_t seed = 1;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static enum kind kind_of(uint32_t function)
{
	return function % 3;
}

static uint32_t words_of(uint32_t function)
{
	return 3 + function;
}

static uint64_t key_of(const struct call *c)
{
	return 0x400000 + c->function * 0x100 + c->site * 0x10;
}

static uint32_t code_of(uint32_t function)
{
	switch (kind_of(function)) {
	case FROM_BP:
		return 1 | 2u << 1 | 2u << 20;
	case SAVES_BP:
		return words_of(function) << 1 | 3u << 20;
	default:
		return words_of(function) << 1;
	}
}

static void define_functions(void)
{
	for (uint32_t f = 0; f < N_FUNCTIONS; f++)
		for (uint32_t s = 0; s < N_SITES; s++)
			unwind_rules_add(key_of(&(struct call){.function = f, .site = s}),
			                 code_of(f));
}

/* Enters a function that was called with the return address `from`; w are its registers then. */
static void enter(struct walk *w, const struct call *c)
{
	uint64_t cfa = w->sp;
	*(uint64_t *)(cfa - 8) = w->ip;
	w->sp = cfa - 8 * words_of(c->function);
	if (kind_of(c->function) == FROM_BP) {
		*(uint64_t *)(cfa - 16) = w->bp;
		w->bp = cfa - 16;
		w->sp = cfa - 16 - 8 * c->locals;
	} else if (kind_of(c->function) == SAVES_BP) {
		*(uint64_t *)(cfa - 24) = w->bp;
		w->bp = c->scratch;
	}
	w->ip = key_of(c);
}

/* The stack of `calls`, under a first return address of 0. */
static struct walk build(void)
{
	struct walk w = {0, (uint64_t)&stack_now[STACK_WORDS - 8], 0, 0};
	for (uint32_t i = 0; i < n_calls; i++)
		enter(&w, &calls[i]);
	*(uint64_t *)(w.sp - 8) = w.ip;
	return w;
}

static void random_call(struct call *c)
{
	*c = (struct call){random_below(N_FUNCTIONS), random_below(N_SITES), random_below(3),
	                   random_below(2) ? 0 : random_below(1u << 30)};
}

/* Some return, some are called; at times only the place of a call changes, or the value in bp. */
static void change(void)
{
	switch (random_below(4)) {
	case 0:
		calls[random_below(n_calls)].site = random_below(N_SITES);
		break;
	case 1:
		random_call(&calls[random_below(n_calls)]);
		break;
	default:
		n_calls -= random_below(n_calls < 6 ? n_calls : 6);
		for (uint32_t more = random_below(7); more && n_calls < MAX_DEPTH; more--)
			random_call(&calls[n_calls++]);
	}
}

static bool is_right(const struct last_walk *c)
{
	uint32_t frames[PTF_MAX_FRAMES + 1];
	uint64_t hash = 0;
	if (last_walk_frames(c, frames) != n_calls)
		return false;
	for (uint32_t i = 0; i < n_calls; i++) {
		uint32_t number = rule_ref_number(unwind_rules_find(key_of(&calls[i])));
		if (frames[n_calls - 1 - i] != number)
			return false;
		hash += stack_hash_part(i + 1, number); /* the end of the chain is link 0 */
	}
	return hash == c->hash;
}

TEST("chain: follows a stack through calls and returns")
{
	static struct self state;
	static struct last_walks last_walks = {.fresh.room = PTF_MAX_FRAMES};
	struct self *self = &state;
	struct last_walk *c = &last_walks.allocs;
	self->last_walks = &last_walks;
	uint32_t n_wrong = 0, n_failed = 0;
	CHECK(unwind_rules_start() && stack_table_start());
	define_functions();
	random_call(&calls[n_calls++]);
	for (uint32_t i = 0; i < 200000; i++) {
		change();
		struct walk w = build();
		if (!last_walk_take(self, c, w.ip, w.sp, w.bp)) {
			n_failed++;
			last_walk_forget(c);
		} else {
			n_wrong += !is_right(c);
		}
	}
	CHECK_EQ(n_wrong, 0);
	CHECK_EQ(n_failed, 0);
}

/* A name for the stack of `calls`, whose chain is c. */
static uint32_t name_of(const struct last_walk *c)
{
	return (uint32_t)(c->hash >> 16) | 1;
}

static bool in_one_page(const struct stack_cache_word *a, const struct stack_cache_word *b)
{
	return !((a->at ^ b->at) >> 12);
}

/* Both words of a pair are read at once, and only the page of the first is known to be there. */
static uint32_t n_torn_pairs(const struct stack_cache_word *w, uint32_t n)
{
	uint32_t n_torn = 0;
	for (uint32_t i = 0; i < n; i += 2)
		n_torn += !in_one_page(&w[i], &w[i + 1]);
	return n_torn;
}

TEST("memo: finds a stack that comes again, and no other")
{
	enum { N_KEPT = 12 };
	static struct call kept[N_KEPT][MAX_DEPTH];
	static uint32_t n_kept[N_KEPT];
	static struct self state;
	static struct last_walks last_walks = {.fresh.room = PTF_MAX_FRAMES};
	struct self *self = &state;
	struct last_walk *c = &last_walks.allocs;
	self->last_walks = &last_walks;
	uint32_t n_wrong = 0, n_found = 0, n_torn = 0, n_of_pages = 0, n_rounds = 200000;
	CHECK(unwind_rules_start() && stack_table_start());
	define_functions();
	random_call(&calls[0]);
	n_calls = 1;
	for (uint32_t i = 0; i < n_rounds; i++) {
		uint32_t k = random_below(N_KEPT);
		if (n_kept[k] && random_below(20)) {
			n_calls = n_kept[k];
			memcpy(calls, kept[k], sizeof kept[k]);
		} else {
			change();
			n_kept[k] = n_calls;
			memcpy(kept[k], calls, sizeof kept[k]);
		}
		struct walk w = build();
		struct stack_cache_entry *e = stack_cache_entry(&last_walks.stack_cache, w.ip,
		                                                w.sp);
		const struct stack_cache_entry *found = stack_cache_find(&last_walks.stack_cache, e,
		                                                         w.ip, w.sp, w.bp);
		last_walk_forget(c);
		if (!last_walk_take(self, c, w.ip, w.sp, w.bp) ||
		    (found && (found->stack != name_of(c) || found->hash != c->hash)))
			n_wrong++;
		n_found += found != NULL;
		if (!found) {
			stack_cache_learn(&last_walks.stack_cache, e, c, c->hash, name_of(c));
		} else if (found->n) {
			const struct stack_cache_word *words =
				&last_walks.stack_cache.word[found->first % STACK_CACHE_WORDS];
			n_torn += n_torn_pairs(words, found->n);
			n_of_pages += !in_one_page(&words[0], &words[found->n - 1]);
		}
	}
	CHECK_EQ(n_wrong, 0);
	CHECK_EQ(n_torn, 0);
	CHECK_CMP(n_of_pages, >, 100);
	CHECK_CMP(n_found, >, n_rounds / 4);
}

/* What bp was saved is all that differs: the words of the other stack are still where they were. */
TEST("memo: a frame that is found by bp is not where it was")
{
	static struct self state;
	static struct last_walks last_walks = {.fresh.room = PTF_MAX_FRAMES};
	static const struct call one[] = {{.function = 0},
	                                  {.function = 6},
	                                  {.function = 1},
	                                  {.function = 2}},
				 other[] = {{.function = 0},
	                                    {.function = 3},
	                                    {.function = 1, .locals = 3},
	                                    {.function = 2}};
	struct self *self = &state;
	struct last_walk *c = &last_walks.allocs;
	self->last_walks = &last_walks;
	CHECK(unwind_rules_start() && stack_table_start());
	define_functions();
	n_calls = 4;
	memcpy(calls, one, sizeof one);
	struct walk w = build();
	struct stack_cache_entry *e = stack_cache_entry(&last_walks.stack_cache, w.ip, w.sp);
	CHECK(last_walk_take(self, c, w.ip, w.sp, w.bp));
	stack_cache_learn(&last_walks.stack_cache, e, c, c->hash, 1);
	stack_cache_learn(&last_walks.stack_cache, e, c, c->hash, 1);
	CHECK(stack_cache_find(&last_walks.stack_cache, e, w.ip, w.sp, w.bp) == e);
	memcpy(calls, other, sizeof other);
	struct walk v = build();
	CHECK_EQ(v.sp, w.sp);
	CHECK(!stack_cache_find(&last_walks.stack_cache, e, v.ip, v.sp, v.bp));
}

/* Up to `most` calls return, and somewhat more are made. */
static void wander(uint32_t most)
{
	uint32_t n = random_below(most);
	n_calls -= n < n_calls ? n : n_calls - 1;
	for (uint32_t more = random_below(most + most / 8); more && n_calls < DEEPEST; more--)
		random_call(&calls[n_calls++]);
}

/* Are these the frames that a trace keeps of `calls`? */
static bool keeps_both_ends(const struct unwound *u)
{
	bool is_cut = n_calls > PTF_MAX_FRAMES;
	uint32_t n = is_cut ? PTF_MAX_FRAMES : n_calls;
	if (u->n != n || u->flags != (PTF_STACK_COMPLETE | (is_cut ? PTF_STACK_CUT : 0u)))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t call = i < n / 2 ? n_calls - 1 - i : n - 1 - i;
		if (u->frames[i] != rule_ref_number(unwind_rules_find(key_of(&calls[call]))))
			return false;
	}
	return true;
}

/* Walks the stack of `calls`: the frames that a trace keeps? */
static bool walks_right(struct self *self)
{
	struct walk w = build();
	struct frame_start *start = (struct frame_start *)(w.sp - sizeof *start);
	struct unwound u;
	*start = (struct frame_start){.bp = w.bp, .ip = w.ip};
	unwind_by_rules(self, start, &u);
	return keeps_both_ends(&u);
}

TEST("deep stacks: both ends are right, and the middle is walked seldom")
{
	enum { N_ROUNDS = 6000 };
	static struct self state;
	static struct last_walks last_walks = {.fresh.room = PTF_MAX_FRAMES};
	uint32_t n_wrong = 0, n_deep = 0, n_whole = 0;
	state.last_walks = &last_walks;
	CHECK(unwind_rules_start() && stack_table_start());
	define_functions();
	random_call(&calls[0]);
	n_calls = 1;
	for (uint32_t i = 0; i < N_ROUNDS; i++) {
		uint32_t left = last_walks.deep.events_left;
		wander(i % 1000 ? 100 : 4000);
		if (i % 100 == 0)
			random_call(&calls[random_below(n_calls)]);
		n_wrong += !walks_right(&state);
		n_deep += n_calls > PTF_MAX_FRAMES;
		n_whole += n_calls > PTF_MAX_FRAMES && last_walks.deep.events_left > left;
	}
	CHECK_EQ(n_wrong, 0);
	CHECK_CMP(n_deep, >, N_ROUNDS / 2);
	CHECK_CMP(n_whole, >, 20);
	CHECK_CMP(n_whole, <, n_deep / 10);
}

/* As coroutines do. */
TEST("deep stacks: two that take turns are not taken for each other")
{
	enum { N_ROUNDS = 200 };
	static struct self state;
	static struct last_walks last_walks = {.fresh.room = PTF_MAX_FRAMES};
	static struct call kept[2][DEEPEST];
	uint32_t n_kept[2] = {1, 1}, n_wrong = 0;
	state.last_walks = &last_walks;
	CHECK(unwind_rules_start() && stack_table_start());
	define_functions();
	for (uint32_t i = 0; i < N_ROUNDS; i++) {
		uint32_t k = random_below(2);
		stack_now = stack_words[k];
		n_calls = n_kept[k];
		memcpy(calls, kept[k], sizeof kept[k]);
		wander(i < N_ROUNDS / 10 ? 3000 : 100);
		n_wrong += !walks_right(&state);
		n_kept[k] = n_calls;
		memcpy(kept[k], calls, sizeof kept[k]);
	}
	stack_now = stack_words[0];
	CHECK_EQ(n_wrong, 0);
}
