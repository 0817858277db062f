/*
 * Tests of C units: one program a file, which includes this header once.
 *
 *	TEST("area: what holds")
 *	{
 *		CHECK(number == 3);
 *		CHECK_EQ(list_len(&l), 4);
 *		CHECK_STR(name, "abc");
 *	}
 *
 * A test registers itself before main(), which is here: it runs them in the order of the file (those
 * whose title contains an argument, if there are any) and prints TAP.  A failed check prints where and
 * what and lets the test go on.
 */
#ifndef PT_UNIT_H
#define PT_UNIT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct unit_test {
	const char *title;
	void (*run)(void);
	struct unit_test *next;
};

static struct unit_test *unit_first, **unit_last = &unit_first;
static unsigned unit_n_failed_checks;

static void unit_register(struct unit_test *t)
{
	*unit_last = t;
	unit_last = &t->next;
}

#define UNIT_PASTE2(a, b) a##b
#define UNIT_PASTE(a, b) UNIT_PASTE2(a, b)
#define TEST(title) UNIT_TEST(title, UNIT_PASTE(unit_, __LINE__))
#define UNIT_TEST(title, id)                                                  \
	static void UNIT_PASTE(id, _run)(void);                               \
	__attribute__((constructor)) static void UNIT_PASTE(id, _add)(void)   \
	{                                                                     \
		static struct unit_test t = {title, UNIT_PASTE(id, _run), 0}; \
		unit_register(&t);                                            \
	}                                                                     \
	static void UNIT_PASTE(id, _run)(void)

#define CHECK(condition)                                                                       \
	do {                                                                                   \
		if (!(condition)) {                                                            \
			unit_n_failed_checks++;                                                \
			printf("# %s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
		}                                                                              \
	} while (0)

/* Compares two numbers with an operator; the message shows both. */
#define CHECK_CMP(got, op, want)                                                               \
	do {                                                                                   \
		__typeof__(1 ? (got) : (want)) unit_got = (got), unit_want = (want);           \
		if (!(unit_got op unit_want)) {                                                \
			unit_n_failed_checks++;                                                \
			printf("# %s:%d: check failed: %s %s %s (got %.17g, want %s %.17g)\n", \
			       __FILE__, __LINE__, #got, #op, #want, (double)unit_got, #op,    \
			       (double)unit_want);                                             \
		}                                                                              \
	} while (0)

#define CHECK_EQ(got, want)                                                                      \
	do {                                                                                     \
		int64_t unit_got = (int64_t)(got), unit_want = (int64_t)(want);                  \
		if (unit_got != unit_want) {                                                     \
			unit_n_failed_checks++;                                                  \
			printf("# %s:%d: check failed: %s == %s (got %" PRId64 ", want %" PRId64 \
			       ")\n",                                                            \
			       __FILE__, __LINE__, #got, #want, unit_got, unit_want);            \
		}                                                                                \
	} while (0)

#define CHECK_STR(got, want)                                                                  \
	do {                                                                                  \
		const char *unit_got = (got), *unit_want = (want);                            \
		if (!unit_got || strcmp(unit_got, unit_want)) {                               \
			unit_n_failed_checks++;                                               \
			printf("# %s:%d: check failed: %s (got '%s', want '%s')\n", __FILE__, \
			       __LINE__, #got, unit_got ? unit_got : "(null)", unit_want);    \
		}                                                                             \
	} while (0)

static bool unit_wanted(const struct unit_test *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(t->title, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned n_run = 0, n_failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct unit_test *t = unit_first; t; t = t->next) {
		if (!unit_wanted(t, argc, argv))
			continue;
		unit_n_failed_checks = 0;
		t->run();
		n_failed += unit_n_failed_checks != 0;
		printf("%sok %u %s\n", unit_n_failed_checks ? "not " : "", ++n_run, t->title);
	}
	printf("1..%u\n", n_run);
	return n_failed != 0;
}

#endif
