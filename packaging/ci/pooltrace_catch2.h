/*
 * Announces each Catch2 (version 2 or 3) test case to a recording, so that 'pooltrace check' knows what every test allocates.
 * Include it in one file of the test program,
 * of version 2 after <catch2/catch.hpp> in the file that defines CATCH_CONFIG_MAIN:
 *
 *	#include "pooltrace_catch2.h"
 *
 *	pooltrace record -q -o tests.trace ./tests
 *	pooltrace check --baseline tests.baseline tests.trace
 *
 * A test case is the region of its name (64 bytes of it); sections are part of it.  Without a recording nothing happens.
 */
#ifndef POOLTRACE_CATCH2_H
#define POOLTRACE_CATCH2_H

#if __has_include(<catch2/reporters/catch_reporter_event_listener.hpp>)
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#define POOLTRACE_LISTENER_BASE EventListenerBase
#else
#include <catch2/catch.hpp>
#define POOLTRACE_LISTENER_BASE TestEventListenerBase
#endif
#include <pooltrace.h>

namespace pooltrace
{
class catch2_listener : public Catch::POOLTRACE_LISTENER_BASE
{
	uint64_t number = 0;

      public:
	using Catch::POOLTRACE_LISTENER_BASE::POOLTRACE_LISTENER_BASE;

	void testCaseStarting(const Catch::TestCaseInfo &test) override
	{
		number = pooltrace_begin(test.name.c_str());
	}

	void testCaseEnded(const Catch::TestCaseStats &) override
	{
		pooltrace_end(number);
		number = 0;
	}
};
} // namespace pooltrace

/* The macro makes a name of its argument. */
using pooltrace_catch2_listener = pooltrace::catch2_listener;
CATCH_REGISTER_LISTENER(pooltrace_catch2_listener)

#endif
