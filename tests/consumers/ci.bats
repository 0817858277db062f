# The examples for build systems and test frameworks, built and run.  Part of `make test-exports`.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin
	ln -s "$POOLTRACE" bin/pooltrace
	export PATH=$PWD/bin:$PATH
	CI=$ROOT/packaging/ci
}

@test "ci: CTest runs the program and its check, which fails when the limit is lower" {
	need cmake ctest
	cmake -S "$CI/ctest" -B build -DLIMIT=10 > log
	cmake --build build >> log
	run -0 ctest --test-dir build --output-on-failure
	[[ $output == *"100% tests passed, 0 tests failed out of 2"* ]]
	cmake -S "$CI/ctest" -B build -DLIMIT=9 > log
	run ctest --test-dir build --output-on-failure
	[ "$status" != 0 ]
	[[ $output == *"work: 10 allocations made, at most 9 allocations allowed"* ]]
}

@test "ci: Meson's test fails when the limit is lower" {
	need meson ninja
	meson setup build "$CI/meson" > log || { tail log; return 1; }
	run -0 meson test -C build
	meson configure build -Dlimit=9
	run meson test -C build --print-errorlogs
	[ "$status" != 0 ]
	[[ $output == *"work: 10 allocations made"* ]]
}

# The tests of both frameworks allocate 3 blocks in "small" and N in "large".
check_names_the_test() {
	local program=$1 large=$2
	pooltrace record -q -o base.trace "$program" > log 2>&1
	pooltrace check --baseline base --update-baseline base.trace
	grep -q "^region.*	$large$" base
	N=50 pooltrace record -q -o more.trace "$program" > log 2>&1
	run -3 pooltrace check --baseline base more.trace
	[[ $output == *"region $large: "*" allocations made, before "* ]]
	[[ $output != *"region "*small* ]]
	"$program" > log # and without a recording
}

@test "ci: the GoogleTest listener lets check name the test that allocates more" {
	cat > tests.cc <<-'X'
		#include "pooltrace_gtest.h"
		#include <cstdlib>
		static void allocate(int n) { while (n--) { void *volatile p = malloc(48); free(p); } }
		TEST(Parser, small) { allocate(3); }
		TEST(Parser, large) { allocate(getenv("N") ? atoi(getenv("N")) : 10); }
		int main(int argc, char **argv)
		{
			testing::InitGoogleTest(&argc, argv);
			pooltrace_listen();
			return RUN_ALL_TESTS();
		}
	X
	g++ -g -I"$CI" -I"$ROOT/packaging/include" tests.cc -o tests -lgtest -pthread 2> log || { grep -q gtest/gtest.h log && skip "no GoogleTest here"; cat log; return 1; }
	check_names_the_test ./tests Parser.large
}

# Version 3 has headers of its own and libraries, version 2 one header.
@test "ci: the Catch2 listener does, too" {
	cat > tests.cc <<-'X'
		#if __has_include(<catch2/catch_test_macros.hpp>)
		#include <catch2/catch_test_macros.hpp>
		#else
		#define CATCH_CONFIG_MAIN
		#include <catch2/catch.hpp>
		#endif
		#include "pooltrace_catch2.h"
		#include <cstdlib>
		static void allocate(int n) { while (n--) { void *volatile p = malloc(48); free(p); } }
		TEST_CASE("parser small") { allocate(3); REQUIRE(true); }
		TEST_CASE("parser large") { allocate(getenv("N") ? atoi(getenv("N")) : 10); REQUIRE(true); }
	X
	local libraries=()
	[ ! -e /usr/include/catch2/catch_test_macros.hpp ] || libraries=(-lCatch2Main -lCatch2)
	[ -e /usr/include/catch2 ] || skip "no Catch2 here"
	g++ -g -std=c++17 -I"$CI" -I"$ROOT/packaging/include" tests.cc -o tests "${libraries[@]}"
	check_names_the_test ./tests "parser large"
}
