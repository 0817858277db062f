/* Histograms, tallies, texts. */
#include "unit.h"

#include <stdlib.h>

#include "util/hist.h"
#include "util/tally.h"
#include "util/text.h"

TEST("hist: buckets follow each other without gap")
{
	for (uint32_t b = 0; b < 480; b++) {
		CHECK_EQ(hist_bucket(hist_bucket_low(b)), b);
		CHECK_EQ(hist_bucket(hist_bucket_high(b)), b);
		CHECK_EQ(hist_bucket_high(b) + 1, hist_bucket_low(b + 1));
	}
	CHECK_EQ(hist_bucket(UINT64_MAX), 495);
	CHECK_EQ(hist_bucket_high(495), UINT64_MAX);
}

TEST("hist: quantiles, whatever the order of values")
{
	struct hist up = {0}, down = {0};
	for (uint64_t i = 1; i <= 1000; i++) {
		hist_add(&up, i, 1);
		hist_add(&down, 1001 - i, 1);
	}
	CHECK_EQ(hist_quantile(&up, 1), 1000);
	CHECK_EQ(hist_quantile(&up, 0.5), hist_quantile(&down, 0.5));
	CHECK_CMP(hist_quantile(&up, 0.5), >=, 500);
	CHECK_CMP(hist_quantile(&up, 0.5), <, 563);
	CHECK_EQ(up.min, 1);
	CHECK_EQ(down.max, 1000);
	CHECK_EQ(hist_weight_up_to(&up, 15), 15);
	hist_merge(&up, &down);
	CHECK_EQ(up.total, 2000);
	hist_release(&up);
	hist_release(&down);
}

TEST("hist: merged is what adding everything to one gives")
{
	const uint64_t value[] = {3, 3, 700, 1u << 20, 12, 41, UINT64_MAX, 5};
	const uint32_t n = sizeof value / sizeof *value;
	struct hist all = {0}, merged = {0}, none = {0};

	for (uint32_t i = 0; i < n; i++) {
		struct hist one = {0};
		hist_add(&one, value[i], i + 1);
		hist_add(&one, value[n - 1 - i], 2);
		hist_add(&all, value[i], i + 1);
		hist_add(&all, value[n - 1 - i], 2);
		hist_merge(&merged, &one);
		hist_merge(&merged, &none);
		hist_release(&one);
	}

	CHECK_EQ(merged.total, all.total);
	CHECK_EQ(merged.min, 3);
	CHECK_EQ(merged.max, UINT64_MAX);
	for (uint32_t i = 0; i < n; i++)
		CHECK_EQ(hist_weight_up_to(&merged, value[i]), hist_weight_up_to(&all, value[i]));
	for (double q = 0; q <= 1; q += 0.05)
		CHECK_EQ(hist_quantile(&merged, q), hist_quantile(&all, q));
	hist_release(&all);
	hist_release(&merged);
}

TEST("tally: counts up to its cap, sorts, finds")
{
	struct tally t = {0};
	for (uint64_t round = 0; round < 3; round++)
		for (uint64_t key = 0; key < 200; key++)
			tally_add(&t, key * 7, key + 1, 100);
	CHECK_EQ(t.n, 100);
	CHECK_EQ(tally_find(&t, 7 * 42)->count, 3 * 43);
	CHECK(!tally_find(&t, 7 * 150));
	CHECK_EQ(tally_total(&t), 3 * 200 * 201 / 2);
	CHECK_EQ(tally_top(&t)->key, 99 * 7);
	tally_sort(&t);
	CHECK_EQ(t.entry[0].key, 99 * 7);
	CHECK_EQ(tally_find(&t, 7 * 42)->count, 3 * 43);
	tally_release(&t);
}

static void check_clean(const char *in, const char *want)
{
	char *got = text_clean(in);
	CHECK_STR(got, want);
	free(got);
}

TEST("text: what could harm a terminal is escaped, UTF-8 stays")
{
	check_clean("plain", "plain");
	check_clean("a\033[31mb\n", "a\\x1b[31mb\\x0a");
	check_clean("na\xc3\xafve \xe2\x82\xac", "na\xc3\xafve \xe2\x82\xac");
	check_clean("\xff\xc3", "\\xff\\xc3");
	check_clean("\xc2\x9b", "\\xc2\\x9b");
}

TEST("text: units")
{
	CHECK_STR(short_bytes(1023), "1023 B");
	CHECK_STR(short_bytes(1024), "1.00 KiB");
	CHECK_STR(short_bytes(1468006), "1.40 MiB");
	CHECK_STR(short_bytes(-2048), "-2.00 KiB");
	CHECK_STR(short_ns(1500), "1.50 us");
	CHECK_STR(short_count(4800603), "4.80 M");
	CHECK_STR(full_count(4800603), "4 800 603");
	CHECK_STR(full_count(0), "0");
	CHECK_STR(short_percent(0.004), "0.4 %");
}

TEST("text: the nearest word")
{
	static const char *const words[] = {"report", "record", "dump", NULL};
	CHECK_STR(text_nearest("reprot", words), "report");
	CHECK(!text_nearest("xyzzy", words));
}

static void check_short(const char *in, const char *want)
{
	char *got = text_short_function(in, 20);
	CHECK_STR(got, want);
	free(got);
}

TEST("text: long function names lose their arguments, not their sense")
{
	check_short("short<int>::f(int)", "short<int>::f(int)");
	check_short("std::vector<std::pair<int, long>, A<B> >::push_back(int)",
	            "std::vector<..>::push_back(..)");
	check_short("f(std::map<int, std::string>, unsigned long)", "f(..)");
	check_short("app::Matrix<double>::operator<<(std::ostream&) const",
	            "app::Matrix<..>::operator<<(..) const");
	check_short("app::Pointer<Thing>::operator->() const",
	            "app::Pointer<..>::operator->() const");
	check_short("app::Call<Thing, Other>::operator()(int, int)",
	            "app::Call<..>::operator()(..)");
	check_short("main::{closure#0}::<alloc::vec::Vec<u8>>", "main::{closure#0}::<..>");
	check_short("unbalanced<<<<<<<<<<<<<<<<<<<", "unbalanced<");
}
