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

@test "moment: two parts of a run add up to the run, and a block of the first is nothing in the second" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" record -o t.trace -- "$BUILD/targets/c/timer_wheel" > /dev/null 2>&1
	report() { "$POOLTRACE" report --no-replay --only leak --format json "$@" t.trace | jq -c '[.totals | .allocs, .allocated_bytes, .frees, .live_bytes]'; }
	local half
	half=$("$POOLTRACE" report --no-replay --only leak --format json t.trace | jq -r '"\(.process.duration_ms / 2)ms"')
	report > whole
	report --to "$half" > first
	report --from "$half" > second
	jq -es '.[0][0] > 0 and .[1][0] > 0 and [.[0][0] + .[1][0], .[0][1] + .[1][1]] == .[2][:2]' first second whole
	# What the first part leaves behind is freed in the second, and not counted there.
	jq -es '.[1][2] < .[2][2] - .[0][2]' first second whole
	"$POOLTRACE" report --format json --from "$half" t.trace | jq -e '.health.unmatched_frees == 0 and .health.complete'
}

@test "moment: marks and regions name moments; what is not there is refused" {
	cd "$BATS_TEST_TMPDIR"
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/announced.txt" t.trace
	report() { "$POOLTRACE" report --only leak --format json "$@" t.trace | jq -c '.totals | [.allocs, .live_bytes]'; }
	[ "$(report --between ready ready#2)" = '[15,230]' ]
	[ "$(report --between inner#2 inner:end#2)" = '[2,30]' ]
	[ "$(report --to ready)" = '[1,1000]' ]
	run ! "$POOLTRACE" report --between ready steady t.trace
	[[ "$output" == *"no mark and no region 'steady'"* ]]
	run -2 "$POOLTRACE" report --between ready
}
