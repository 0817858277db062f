# The trace of a process stands for the tree of processes that it started.

bats_require_minimum_version 1.5.0
load helpers/common

@test "tree: children, what they became, and theirs are found beside the root" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o root.trace -- bash -c "'$BUILD/targets/c/blocks_fixed'; (true; '$BUILD/targets/c/blocks_fixed'; true)" 2> /dev/null
	"$POOLTRACE" report --no-replay --format json root.trace > report.json
	jq -e '.process.exe | test("bash")' report.json
	jq -e '[.others[].process.exe | select(test("blocks_fixed"))] | length == 2' report.json
	jq -e '.together.processes == (.others | length) + 1' report.json
	jq -e '.together.allocs == ([.totals.allocs, .others[].totals.allocs] | add)' report.json
	"$POOLTRACE" report --no-replay root.trace > text
	grep -q 'processes together' text
	"$POOLTRACE" report --no-replay --alone --format json root.trace | jq -e 'has("others") | not'
}

@test "tree: a trace of another run in the same directory is no child" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o first.trace -- "$BUILD/targets/c/blocks_fixed" 2> /dev/null
	"$POOLTRACE" record -o second.trace -- "$BUILD/targets/c/blocks_fixed" 2> /dev/null
	"$POOLTRACE" report --no-replay --format json first.trace | jq -e 'has("others") | not'
}

@test "tree: the memory of a report does not grow with its processes" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o one.trace -- "$BUILD/targets/c/blocks_fixed" 2> /dev/null
	for i in $(seq 200); do cp one.trace "copy.$i.trace"; done
	# Half a megabyte a process would not fit.
	(ulimit -v 200000; "$POOLTRACE" report --no-replay copy.*.trace) > text
	grep -q '^200 processes together' text
}

@test "tree: of many processes there is a row for each program, each place and each finding" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o root.trace -- bash -c "for i in 1 2 3; do '$BUILD/targets/c/blocks_fixed'; done" 2> /dev/null
	"$POOLTRACE" report --no-replay root.trace > text
	grep -qE '^ +3 .* blocks_fixed  pid [0-9]+: ' text
	grep -qE 'blocks_fixed: .*  in 3 processes$' text
	run ! grep -q '^OTHER PROCESSES' text
	"$POOLTRACE" report --no-replay --per-process root.trace > text
	# Three forks of bash, and what each became.
	[ "$(sed -n '/^OTHER PROCESSES/,$p' text | grep -c 'root[.].*[.]trace')" = 6 ]
}

@test "tree: the report opens with the program that does the work, not with its wrapper" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o root.trace -- sh -c "true; '$BUILD/targets/c/timer_wheel'; true" 2> /dev/null
	"$POOLTRACE" report --no-replay --only leak root.trace > text
	grep -q 'started was ' text
	[[ "$(grep -m1 '(pid ' <(grep -v started text))" == *timer_wheel* ]]
	"$POOLTRACE" report --no-replay --only leak --per-process root.trace > text
	[[ "$(grep -m1 '(pid ' text)" == sh* ]]
}
