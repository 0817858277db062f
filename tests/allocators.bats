# Whoever brings malloc is the one that is used, and what it serves is recorded.

load helpers/common

library() {
	first_file /usr/lib/x86_64-linux-gnu/$1 /usr/lib64/$1 /usr/lib/$1 || skip "$1 is not installed"
}

# What a target states of its sites.  Its totals do not hold here: an allocator written in C++ brings the C++
# library, which allocates by itself.
check_sites() {
	grep -v 'expect: total' "$ROOT/targets/c/$1.c" > "$BATS_TEST_TMPDIR/$1.c"
	"$ROOT/tests/helpers/expect" "$BATS_TEST_TMPDIR/$1.c" "$REPORT"
}

under() {
	local lib name
	lib=$(library "$1")
	for name in blocks_fixed calloc_table tree_half_freed threads_handover containers exceptions; do
		PRELOAD_TOO=$lib record $name
		assert_eq "$STATUS" 0 "exit code of $name"
		report_numbers
		if [ $name = containers ] || [ $name = exceptions ]; then # their totals include the C++ library's
			assert_json '.health.lost_events == 0 and .health.unmatched_frees == 0 and .totals.allocs > 500'
		else
			check_sites $name
		fi
	done
}

@test "allocators: jemalloc preloaded" {
	under libjemalloc.so.2
}

@test "allocators: tcmalloc preloaded" {
	under libtcmalloc_minimal.so.4
}

@test "allocators: mimalloc preloaded" {
	under libmimalloc.so.2.0
}

@test "allocators: an allocator in front of the library is still recorded or said not to be" {
	local lib
	lib=$(library libjemalloc.so.2)
	ENVIRONMENT=(LD_PRELOAD="$lib:$(preload_library)")
	record blocks_fixed
	assert_eq "$STATUS" 0 "exit code"
	report_numbers || [ "$REPORT_STATUS" = 4 ]
}

@test "allocators: a program linked with jemalloc" {
	local lib
	lib=$(library libjemalloc.so.2)
	gcc -O1 -g -I"$ROOT/targets" -fno-optimize-sibling-calls -o "$BATS_TEST_TMPDIR/linked" \
		"$ROOT/targets/c/tree_half_freed.c" -Wl,--no-as-needed "$lib"
	record "$BATS_TEST_TMPDIR/linked"
	assert_eq "$STATUS" 0 "exit code"
	report_numbers
	check_sites tree_half_freed
}
