# valgrind's DHAT as an outside oracle: per-site totals, peaks and end values are equal.

load helpers/common

same_as_dhat() {
	need valgrind
	record "$1"
	report_numbers --top 100000
	(cd "$BATS_TEST_TMPDIR" && timeout -k 5 120 valgrind -q --tool=dhat --num-callers=200 --read-inline-info=yes \
		--run-libc-freeres=no --run-cxx-freeres=no --dhat-out-file=dhat.json "${COMMAND[@]}") > /dev/null 2>&1
	"$ROOT/tests/helpers/compare_dhat" "$REPORT" "$BATS_TEST_TMPDIR/dhat.json" "$(target_source "$1")"
}

@test "dhat: blocks_fixed" {
	same_as_dhat blocks_fixed
}

@test "dhat: calloc_table" {
	same_as_dhat calloc_table
}

@test "dhat: lifetimes" {
	same_as_dhat lifetimes
}

@test "dhat: tree_half_freed" {
	same_as_dhat tree_half_freed
}

@test "dhat: usable_size" {
	same_as_dhat usable_size
}

@test "dhat: wrapped_alloc" {
	same_as_dhat wrapped_alloc
}

@test "dhat: inlined_caller" {
	same_as_dhat inlined_caller
}

@test "dhat: constructors" {
	same_as_dhat constructors
}

@test "dhat: containers (C++)" {
	same_as_dhat containers
}

@test "dhat: templates (C++)" {
	same_as_dhat templates
}
