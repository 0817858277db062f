# glibc's memusage as an outside oracle: calls, bytes and peak of the process are equal.

load helpers/common

same_as_memusage() {
	need memusage
	local summary
	record "$1"
	report_numbers
	summary=$(memusage --unbuffered "${COMMAND[@]}" 2>&1 > /dev/null | sed 's/\x1b\[[0-9;]*m//g')
	number() { # row column
		awk -v row="$1" -v column="$2" '{ sub(/\|/, " ") } $1 == row { print $column }' <<< "$summary"
	}
	local peak
	peak=$(sed -n 's/.*heap peak: \([0-9]*\).*/\1/p' <<< "$summary")
	[ -n "$peak" ] || { echo "memusage said: $summary"; return 1; }
	assert_eq "$(json .totals.allocs)" $(($(number malloc 2) + $(number calloc 2) + $(number realloc 2))) allocs
	assert_eq "$(json .totals.peak_live_bytes)" "$peak" "peak of live bytes"
	[ "${2:-}" = reallocates ] && return # whose bytes memusage counts as growth only
	assert_eq "$(json .totals.frees)" "$(number free 2)" frees
	assert_eq "$(json .totals.allocated_bytes)" $(($(number malloc 3) + $(number calloc 3))) "allocated bytes"
}

@test "memusage: blocks_fixed" {
	same_as_memusage blocks_fixed
}

@test "memusage: lifetimes" {
	same_as_memusage lifetimes
}

@test "memusage: tree_half_freed" {
	same_as_memusage tree_half_freed
}

@test "memusage: realloc_growth" {
	same_as_memusage realloc_growth reallocates
}

@test "memusage: containers (C++)" {
	same_as_memusage containers
}

@test "memusage: templates (C++)" {
	same_as_memusage templates
}
