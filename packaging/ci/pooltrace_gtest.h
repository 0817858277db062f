/*
 * Announces each GoogleTest test to a recording, so that 'pooltrace check' knows what every test allocates.
 *
 *	#include "pooltrace_gtest.h"
 *
 *	int main(int argc, char **argv)
 *	{
 *		testing::InitGoogleTest(&argc, argv);
 *		pooltrace_listen();
 *		return RUN_ALL_TESTS();
 *	}
 *
 *	pooltrace record -q -o tests.trace ./tests
 *	pooltrace check --baseline tests.baseline tests.trace
 *
 * A test is the region "Suite.Name" (64 bytes of it).  What it allocates in its fixture and in threads of its own counts.
 * Without a recording nothing happens.
 */
#ifndef POOLTRACE_GTEST_H
#define POOLTRACE_GTEST_H

#include <gtest/gtest.h>
#include <pooltrace.h>
#include <string>

namespace pooltrace
{
class gtest_listener : public testing::EmptyTestEventListener
{
	uint64_t number = 0;

	void OnTestStart(const testing::TestInfo &test) override
	{
		if (!pooltrace_recording())
			return;
		std::string name = std::string(test.test_suite_name()) + "." + test.name();
		number = pooltrace_begin(name.c_str());
	}

	void OnTestEnd(const testing::TestInfo &) override
	{
		pooltrace_end(number);
		number = 0;
	}
};
} // namespace pooltrace

/* After InitGoogleTest().  The list of listeners owns it.  It is asked before those that print, so that what they
 * allocate at the end of a test does not count. */
static inline void pooltrace_listen()
{
	testing::UnitTest::GetInstance()->listeners().Append(new pooltrace::gtest_listener);
}

#endif
