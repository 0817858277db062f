/*
 * Turns: which events get a time, and what is said when another thread has recorded in between.
 */
#include "unit.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "write/timestamp.h"

enum { ROOM = 4096 };

static struct self threads[2];
static uint8_t bytes[2][ROOM];

/* Two threads that have recorded nothing; nobody has the turn. */
static void begin(void)
{
	clock_choose();
	memset(threads, 0, sizeof threads);
	memset(bytes, 0, sizeof bytes);
	for (int i = 0; i < 2; i++) {
		threads[i].number_in_pool = (uint32_t)i + 1;
		threads[i].pos = bytes[i];
		threads[i].soft_end = bytes[i] + ROOM;
		threads[i].countdown = threads[i].stamp_every = TIMESTAMP_EVERY;
		threads[i].stamped_at = clock_units();
	}
	sole_recorder = (struct sole_recorder){.state = ((sole_recorder_state() >> 32) + 1) << 32};
}

/* Of n events in a page, how many get a time? */
static unsigned stamps_in(uint64_t page, int thread, unsigned n)
{
	unsigned stamped = 0;
	for (unsigned i = 0; i < n; i++)
		stamped += timestamp_if_due(&threads[thread], (page << 12) + 16 * i) != 0;
	return stamped;
}

static unsigned stamps(int thread, unsigned n)
{
	return stamps_in(1, thread, n);
}

static bool has_said_nothing(int thread)
{
	return threads[thread].pos == bytes[thread];
}

static void wait_a_while(void)
{
	nanosleep(&(struct timespec){0, 10000000}, NULL);
}

TEST("turn: one thread stamps its first event, and then each 64th")
{
	unsigned first, then, due, on, tries = 0;
	do { /* the machine may make a pause of its own */
		begin();
		first = stamps(0, 1);
		then = stamps(0, TIMESTAMP_EVERY - 1);
		due = stamps(0, 1);
		on = stamps(0, 10 * TIMESTAMP_EVERY);
	} while (threads[0].n_dense && ++tries < 100);
	CHECK_EQ(first, 1);
	CHECK_EQ(then, 0);
	CHECK_EQ(due, 1);
	CHECK_EQ(on, 10);
	CHECK(has_said_nothing(0));
}

TEST("turn: who takes it says that what it has left without a time came before")
{
	begin();
	stamps(0, 5);
	wait_a_while();
	CHECK_EQ(stamps(1, 1), 1);
	CHECK(has_said_nothing(1)); /* nothing came before */
	wait_a_while();
	CHECK_EQ(stamps(0, 1), 1);
	CHECK_EQ(bytes[0][0], PTF_E_SOLE_RECORDER);
}

TEST("turn: after a pause each event has a time, for a while")
{
	do {
		begin();
		stamps(0, 1);
	} while (threads[0].n_dense);
	wait_a_while();
	/* the pause was before any of those that the first stamp ends */
	CHECK_EQ(stamps(0, TIMESTAMP_EVERY), 1);
	CHECK_EQ(stamps(0, 100), 100);
	CHECK_CMP(stamps(0, 1000), <, 1000);
}

/* Two threads that have taken the turn from each other at once. */
static void begin_nobodys(void)
{
	int tries = 0;
	do { /* the machine may have better to do in between */
		begin();
		stamps(0, 1);
		stamps(1, 1);
		CHECK_EQ(stamps(0, 1), 1);
	} while (!sole_recorder_is_none(sole_recorder_state()) && ++tries < 100);
	CHECK(sole_recorder_is_none(sole_recorder_state()));
}

/* As if neither had lately seen a reason to stamp each event. */
static void calm(void)
{
	for (int i = 0; i < 2; i++) {
		threads[i].n_dense = 0;
		threads[i].countdown = threads[i].stamp_every = TIMESTAMP_EVERY;
	}
}

TEST("turn: while nobody is sole recorder, an event has a time where a page comes from another "
     "thread")
{
	begin_nobodys();
	CHECK_EQ(stamps_in(1, 1, 1), 1); /* nobody has touched it yet */
	CHECK_EQ(stamps_in(2, 0, 1), 1);
	calm();
	CHECK_EQ(stamps_in(1, 1, 3), 0);
	CHECK_EQ(stamps_in(2, 0, 3), 0);
	CHECK_EQ(stamps_in(2, 1, 1), 1);
	calm();
	CHECK_EQ(stamps_in(2, 0, 1), 1);
	calm();
	CHECK_EQ(stamps_in(1, 1, 1), 0);
	page_owner_clear(1 << 12); /* a signal handler's event */
	CHECK_EQ(stamps_in(1, 1, 1), 1);
}

TEST("turn: whose pages come from another thread stamps each event, for a while")
{
	begin_nobodys();
	stamps_in(1, 1, 1);
	stamps_in(2, 0, 1);
	calm();
	CHECK_EQ(stamps_in(2, 1, 1), 1);
	CHECK_EQ(stamps_in(1, 1, 200), 200);
	CHECK_CMP(stamps_in(1, 1, 1000), <, 1000);
}

/* The last record that a thread has put into its stream, and its first byte. */
static uint8_t last_record(int thread, uint8_t *payload)
{
	struct ptc_cursor c = {bytes[thread], threads[thread].pos}, body;
	uint8_t tag = PTF_E_END;
	while (ptc_get_record(&c, &tag, &body))
		*payload = *body.p;
	return tag;
}

TEST("turn: while nobody is sole recorder, events without a time are held, and no longer")
{
	uint8_t payload = 9;
	begin_nobodys();
	CHECK_EQ(last_record(0, &payload), PTF_E_HOLD);
	CHECK_EQ(payload, 1);
	sole_recorder.none_since = 0; /* a while ago */
	threads[0].countdown = 1;
	CHECK_EQ(stamps(0, 1), 1);
	CHECK(sole_recorder_is_self(&threads[0]));
	CHECK_EQ(last_record(0, &payload), PTF_E_HOLD);
	CHECK_EQ(payload, 0);
}

TEST("turn: what a page was marked with when nobody was sole recorder the last time does not count")
{
	begin_nobodys();
	CHECK_EQ(stamps_in(3, 1, 1), 1);
	calm();
	CHECK_EQ(stamps_in(3, 1, 1), 0);
	begin_nobodys();
	calm();
	CHECK_EQ(stamps_in(3, 1, 1), 1);
}

/* The last: what could not be had once is not asked for again. */
TEST("turn: without memory for marks each event has a time, and nobody becomes sole recorder")
{
	const uint64_t far_page = 1ull << 33;
	struct rlimit limit;
	begin_nobodys();
	uint64_t before = sole_recorder_state();
	getrlimit(RLIMIT_AS, &limit);
	setrlimit(RLIMIT_AS, &(struct rlimit){1, limit.rlim_max});
	CHECK_EQ(stamps_in(far_page, 1, 1), 1);
	setrlimit(RLIMIT_AS, &limit);
	calm();
	CHECK_EQ(stamps_in(far_page, 1, 5), 5);
	CHECK_EQ(sole_recorder_state(), before);
}
