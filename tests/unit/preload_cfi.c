/*
 * Stacks by our call frame information against those of libgcc's unwinder, which backtrace() asks: from
 * functions with and without a frame pointer, with arrays of a length known at run time, aligned frames
 * (whose CFA is an expression), through the C library, and through a signal's frame.
 */
#include <execinfo.h>

#include "unit.h"

#include "unwind/cfi_expression.h"
#include "unwind/cfi_unwind.h"
#include "base/real.h"
#include "unwind/unwind_rules.h"

enum { FRAMES = 64 };

static void *theirs[FRAMES];
static int n_theirs;
static uint64_t ours[FRAMES];
static uint32_t n_ours;
static int n_compared, n_slow;

static void start_once(void)
{
	static bool started;
	if (started)
		return;
	started = true;
	real_find();
	CHECK(unwind_rules_start());
}

static void take_ours(const struct frame_start *start)
{
	static uint32_t frames[PTF_MAX_FRAMES];
	struct unwound out = {.frames = frames};
	cfi_backtrace(NULL, start, &out);
	n_ours = out.n;
	for (uint32_t i = 0; i < out.n && i < FRAMES; i++) {
		ours[i] = unwind_rules_at(frames[i])->key & ~RULE_EXACT;
		n_slow += rule_kind(unwind_rules_at(frames[i])->code) == RULE_SLOW;
	}
}

/* Takes this function's callers both ways.  Ours begins with its caller, theirs with itself. */
__attribute__((noinline, optimize("no-omit-frame-pointer"))) static void compare(void)
{
	n_theirs = backtrace(theirs, FRAMES);
	take_ours(__builtin_frame_address(0));
	CHECK_EQ(n_ours, n_theirs - 1);
	for (uint32_t i = 0; i < n_ours && i < FRAMES - 1; i++)
		CHECK_EQ(ours[i], (uint64_t)theirs[i + 1]);
	n_compared++;
}

__attribute__((noinline, optimize("omit-frame-pointer"))) static int plain(int depth)
{
	if (depth)
		return plain(depth - 1) + 1;
	compare();
	return 1;
}

__attribute__((noinline)) static int with_array(int n)
{
	volatile char *array = __builtin_alloca((size_t)n);
	array[0] = (char)plain(n % 5);
	return array[0] + n;
}

__attribute__((noinline)) static int aligned(int n)
{
	volatile char place[64] __attribute__((aligned(64)));
	volatile char *more = __builtin_alloca((size_t)n);
	place[0] = more[0] = (char)with_array(n);
	return place[0] + 1;
}

static int by_order(const void *a, const void *b)
{
	if (n_compared < 20)
		aligned(7);
	return *(const int *)a - *(const int *)b;
}

static void caught(int number)
{
	(void)number;
	aligned(3);
}

TEST("cfi: plain frames, arrays, aligned frames")
{
	start_once();
	for (int i = 1; i < 12; i++)
		aligned(i);
	CHECK(n_compared >= 11);
	CHECK(n_slow >= 11); /* the aligned ones need all registers */
}

TEST("cfi: through the C library and a signal's frame")
{
	int numbers[] = {3, 1, 2};
	start_once();
	n_compared = 0;
	qsort(numbers, 3, sizeof numbers[0], by_order);
	CHECK(n_compared > 0);
	signal(SIGUSR1, caught);
	raise(SIGUSR1);
	CHECK(n_compared > 1);
}

static bool evaluates(const char *bytes, size_t n, uint64_t expected)
{
	static const struct cfi_registers registers = {.value = {[7] = 1000}, .known = 1u << 7};
	uint8_t code[64] = {(uint8_t)n};
	uint64_t result = 0;
	memcpy(code + 1, bytes, n);
	return cfi_evaluate((uint64_t)code, 5, &registers, &result) && result == expected;
}
#define EVALUATES(bytes, expected) evaluates(bytes, sizeof bytes - 1, (uint64_t)(expected))

TEST("cfi: expressions")
{
	CHECK(EVALUATES("", 5));
	CHECK(EVALUATES("\x77\x78", 1000 - 8));  /* breg7 -8 */
	CHECK(EVALUATES("\x32\x33\x1c", 2 - 3)); /* lit2 lit3 minus */
	CHECK(EVALUATES("\x09\xff", -1));        /* const1s */
	CHECK(EVALUATES("\x08\xff\x1f", -255));  /* const1u neg */
	CHECK(EVALUATES("\x31\x32\x33\x17\x1c",
	                1 - 2)); /* lit1 lit2 lit3 rot minus: 3 is below 1 and 2 */
	CHECK(EVALUATES("\x31\x28\x01\x00\x96\x39", 9)); /* lit1 bra +1: over the nop */
	CHECK(!EVALUATES("\x2f\xfd\xff", 0));            /* skip -3: for ever */
	CHECK(!EVALUATES("\x70\x00", 0));                /* breg0, which is not known */
	CHECK(!EVALUATES("\x30\x06", 0));                /* deref of 0 */
	CHECK(!EVALUATES("\xff", 0));
}
