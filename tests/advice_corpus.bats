#!/usr/bin/env bats
# The corpus of native advice: each program gets the verdict that its header states, the fixed form no
# longer does, and what is proposed compiles.

load helpers/common

# Targets that state a verdict for a detector of native code.
corpus() {
	grep -lE '^ \* expect: (none|finding kind=(leak|growing-cache|hoist|tunable|bundle|region|reserve|return-ring|slab|constructed-reuse|segregate))' \
		"$ROOT"/targets/c/*.c "$ROOT"/targets/cxx/*.cc | xargs -n 1 basename | sed 's/\.cc*$//'
}

of_kind() {
	local n
	for n in $(corpus); do
		if grep -qE "^ \* expect: $1" "$(target_source "$n")"; then echo "$n"; fi
	done
}

# Record with the program's own CPU time known, report, compare; collects what is wrong in WRONG.
judge() {
	local what
	target_command "$1"
	TRACE=$BATS_TEST_TMPDIR/$1.trace
	"$POOLTRACE" record --baseline -o "$TRACE" -- "${COMMAND[@]}" > /dev/null 2> "$BATS_TEST_TMPDIR/err" ||
		{ cat "$BATS_TEST_TMPDIR/err"; return 1; }
	report "${@:2}"
	what=$(check_expectations "$1") || WRONG+="$1: $what"$'\n'
}

nothing_wrong() {
	[ -z "$WRONG" ] && return
	echo "$WRONG"
	return 1
}

@test "advice: the corpus has every kind twice and ten programs that deserve none" {
	local kind n
	for kind in leak growing-cache hoist tunable bundle region reserve return-ring slab constructed-reuse segregate; do
		n=$(of_kind "finding kind=$kind" | wc -l)
		[ "$n" -ge 2 ] || { echo "$kind: $n programs"; return 1; }
	done
	[ "$(of_kind none | wc -l)" -ge 10 ]
}

# The code that the findings in $REPORT propose.
compile_sketches() {
	local -A flags=([c]='-x c -std=gnu11 -Wall -Wextra -Werror' [cxx]='-x c++ -std=c++17 -Wall -Wextra -Werror')
	local count i language file=$BATS_TEST_TMPDIR/sketch
	count=$(json '[.findings[] | select(.sketch)] | length')
	for ((i = 0; i < count; i++)); do
		language=$(json "[.findings[] | select(.sketch)][$i].sketch_language")
		json "[.findings[] | select(.sketch)][$i].sketch" > "$file"
		case $language in
		shell) bash -n "$file" || WRONG+="$1: the setting is no command"$'\n' ;;
		rust)
			"${RUSTC:-rustc}" --edition 2021 --crate-type lib --emit metadata -A non_snake_case -o "$file.rmeta" - < "$file" ||
				WRONG+="$1: sketch $i does not compile"$'\n'
			;;
		*)
			${CC:-gcc} ${flags[$language]} -c -o /dev/null "$file" ||
				WRONG+="$1: sketch $i does not compile"$'\n'
			N_COMPILED=$((N_COMPILED + 1))
			;;
		esac
	done
}

@test "advice: each program of the corpus that deserves advice gets it, no other, and code that compiles" {
	local n WRONG= N_COMPILED=0
	for n in $(of_kind finding); do
		judge "$n"
		compile_sketches "$n"
	done
	nothing_wrong
	[ "$N_COMPILED" -ge 14 ]
}

@test "advice: programs where nothing should be changed are left alone, with the reason" {
	local n WRONG=
	for n in $(of_kind none); do
		judge "$n"
		json .nothing | grep -qE 'allocat.* (ms|%)' || WRONG+="$n: no reason in '$(json .nothing)'"$'\n'
	done
	nothing_wrong
}

@test "advice: the fixed forms are not advised to do it again" {
	local n WRONG=
	for n in $(of_kind finding); do
		! grep -q '^ \* fix: yes' "$(target_source "$n")" || judge "$n.fix" --no-replay
	done
	nothing_wrong
}

@test "advice: a prediction counts the allocator's calls exactly" {
	record request_queue
	report
	assert_json '.findings[0].kind == "slab"'
	assert_json '.findings[0].prediction | .tier == "replayed" and .allocator_calls_saved == {low: 799998, high: 799998}'
	report --no-replay
	assert_json '.findings[0].prediction | .tier == "modelled" and .allocator_calls_saved == {low: 799998, high: 799998}'
}

@test "advice: without an untraced run no share of CPU is printed" {
	record request_queue
	"$POOLTRACE" report --no-replay "$TRACE" > "$BATS_TEST_TMPDIR/text"
	grep -q 'slab: request_get' "$BATS_TEST_TMPDIR/text"
	never grep -E '% (to|of CPU)|CPU.*%' "$BATS_TEST_TMPDIR/text"
	"$POOLTRACE" report --cpu-ms 10 "$TRACE" | grep -qE 'of CPU \(.*%'
}

@test "advice: no saving is more than the CPU time of the run" {
	record request_queue
	report --cpu-ms 5
	assert_json '.findings[0].kind == "slab"'
	# On a machine too busy for any replay it stays modelled.
	assert_json '[.findings[].prediction | select(.tier == "replayed") | .cpu_ms_saved | .low >= 0 and .high <= 5] | all'
}

@test "advice: a leak is not told of a function that has no name" {
	need strip
	strip -s -o "$BATS_TEST_TMPDIR/nameless" "$BUILD/targets/c/error_path"
	record "$BATS_TEST_TMPDIR/nameless"
	report --no-replay --cpu-ms 300
	assert_json '[.findings[] | select(.kind == "leak")] == []'
	record error_path
	report --no-replay --cpu-ms 300
	assert_json '[.findings[] | select(.kind == "leak")] != []'
}

@test "advice: what no replay has confirmed is no win, and less sure" {
	record request_queue
	report --cpu-ms 10
	assert_json '.findings[0] | .verdict == "win" and .confidence == 0.8'
	report --cpu-ms 10 --no-replay
	assert_json '.findings[0] | .verdict == "minor" and .confidence == 0.4 and .prediction.tier == "modelled"'
	record error_path
	report --no-replay
	assert_json '.findings[0] | .kind == "leak" and .verdict == "win"'
}

@test "advice: a store whose entries are two blocks is one finding" {
	record glyph_memo
	report --no-replay
	assert_json '[.findings[] | select(.kind == "growing-cache")] | length == 1 and (.[0].sites | length) >= 2'
}

@test "advice: a document that is loaded, used and freed is no cache" {
	expect_target document_tree
}

@test "advice: another allocator is proposed where no place deserves a pool, and beside one that does" {
	ldconfig -p | grep -qE 'lib(mimalloc|jemalloc|tcmalloc_minimal)\.so' || skip "no other allocator is installed"
	target_command two_answers
	TRACE=$BATS_TEST_TMPDIR/alone.trace
	"$POOLTRACE" record --baseline -o "$TRACE" -- "${COMMAND[@]}" texts > /dev/null 2>&1
	report
	assert_json '[.findings[] | select(.verdict == "win") | .kind] == ["allocator"]'
	TRACE=$BATS_TEST_TMPDIR/beside.trace
	"$POOLTRACE" record --baseline -o "$TRACE" -- "${COMMAND[@]}" > /dev/null 2>&1
	report
	assert_json '[.findings[].kind] | contains(["slab", "allocator"])' # which comes first depends on the replays
}

@test "advice: what could not be followed safely is not advised" {
	local n WRONG=
	for n in freed_elsewhere closures_kept; do
		judge "$n"
	done
	nothing_wrong
}

@test "advice: programs in Rust" {
	local n
	need_rustc
	WRONG= N_COMPILED=0
	for n in boxed_tasks reserved_rows; do
		"$RUSTC" -O -g -o "$BATS_TEST_TMPDIR/$n" "$ROOT/targets/rust/$n.rs"
		"$POOLTRACE" record --baseline -o "$BATS_TEST_TMPDIR/$n.trace" -- "$BATS_TEST_TMPDIR/$n" > /dev/null 2>&1
		report "$BATS_TEST_TMPDIR/$n.trace"
		"$ROOT/tests/helpers/expect" "$ROOT/targets/rust/$n.rs" "$REPORT"
		assert_json 'all(.findings[] | select(.sketch); .sketch_language == "rust")'
		compile_sketches "$n"
	done
	nothing_wrong
}
