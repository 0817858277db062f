# A report as of a moment of the run.

bats_require_minimum_version 1.5.0
load helpers/common

@test "moment: at the peak what is live is what was live at most" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o t.trace -- "$BUILD/targets/c/timer_wheel" > /dev/null 2>&1
	"$POOLTRACE" report --no-replay --only leak --format json t.trace | jq .totals > whole
	"$POOLTRACE" report --no-replay --only leak --format json --at PEAK t.trace > peak.json
	jq .totals peak.json > peak
	jq -es '.[0].peak_live_bytes == .[1].live_bytes and .[0].live_bytes < .[1].live_bytes' whole peak
	jq -es '.[1].allocs < .[0].allocs and .[1].peak_live_bytes == .[0].peak_live_bytes' whole peak
	jq -e '[.. | strings | select(startswith("as of "))] | length == 1' peak.json
}

@test "moment: after the end all is counted, at the start next to nothing, and no time is refused" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o t.trace -- "$BUILD/targets/c/timer_wheel" > /dev/null 2>&1
	"$POOLTRACE" report --no-replay --only leak --format json t.trace | jq -S .totals > whole
	"$POOLTRACE" report --no-replay --only leak --format json --at 1000s t.trace | jq -S .totals > after
	cmp whole after
	"$POOLTRACE" report --no-replay --only leak --format json --at 0ms t.trace | jq -e '.totals.allocs < 100'
	run ! "$POOLTRACE" report --at soon t.trace
	[[ "$output" == *"invalid --at 'soon'"* ]]
}
