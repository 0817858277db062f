#!/usr/bin/env bats
# replay, diff and verify: what a finding predicts, seen again, compared, and held to account.

bats_require_minimum_version 1.5.0

load helpers/common

# BEFORE and AFTER: a target and its fixed form.
record_both() {
	record "$1"
	BEFORE=$TRACE
	record "$1.fix"
	AFTER=$TRACE
}

@test "verify: a fix that does what was predicted passes, for each kind with exact counts" {
	local n
	for n in request_queue timer_wheel order_book syntax_trees json_documents sessions scratch_per_record text_builder; do
		record_both $n
		"$POOLTRACE" verify --cpu-ms 10 --finding 1 "$BEFORE" "$AFTER" > "$BATS_TEST_TMPDIR/out" ||
			{ echo "$n:"; cat "$BATS_TEST_TMPDIR/out"; return 1; }
		grep -q 'allocator calls saved .* inside' "$BATS_TEST_TMPDIR/out"
	done
}

@test "verify: a program that was not fixed misses the prediction, exit code 3" {
	record request_queue
	BEFORE=$TRACE
	record request_queue
	run "$POOLTRACE" verify --cpu-ms 10 --finding 1 "$BEFORE" "$TRACE"
	[ "$status" = 3 ]
	assert_match "$output" 'allocator calls saved .* BELOW'
}

@test "verify: where only CPU time would tell, it is asked for; a bound may shrink the index, too" {
	record_both batch_sort
	run "$POOLTRACE" verify --cpu-ms 300 "$BEFORE" "$AFTER"
	[ "$status" = 1 ]
	assert_match "$output" 'only CPU time would tell'
	run "$POOLTRACE" verify --cpu-ms 300 --cpu-ms-after 300 "$BEFORE" "$BEFORE"
	[ "$status" = 3 ]
	record_both route_cache
	run "$POOLTRACE" verify --cpu-ms 30 "$BEFORE" "$AFTER"
	[ "$status" = 0 ]
	run "$POOLTRACE" verify --cpu-ms 30 "$BEFORE" "$BEFORE"
	[ "$status" = 3 ]
}

@test "verify: the error about an unknown finding lists those that there are" {
	record_both request_queue
	run "$POOLTRACE" verify --finding 7 "$BEFORE" "$AFTER"
	[ "$status" = 1 ]
	assert_match "$output" 'no finding 7'
	assert_match "$output" '#1 slab'
}

@test "replay: the recorded calls again, with a finding, and under tunables" {
	record json_documents
	run "$POOLTRACE" replay "$TRACE"
	[ "$status" = 0 ]
	assert_match "$output" 'allocator calls +1 152 721 +1 152 721'
	run "$POOLTRACE" replay --cpu-ms 20 --finding 1 "$TRACE"
	assert_match "$output" '#1 region: parse_document'
	assert_match "$output" 'allocator calls +1 152 721 +2$'
	run "$POOLTRACE" replay --tunables glibc.malloc.tcache_count=0 "$TRACE"
	assert_match "$output" 'allocator calls +1 152 721 +1 152 721'
}

@test "replay: each other allocator that is installed" {
	local lib n=0
	record request_queue
	for lib in libjemalloc.so.2 libmimalloc.so.2 libmimalloc.so.3 libtcmalloc_minimal.so.4; do
		[ -n "$(first_file /usr/lib/*/"$lib")" ] || continue
		n=$((n + 1))
		run -0 "$POOLTRACE" replay --allocator "$lib" "$TRACE"
		assert_match "$output" "$lib"
	done
	[ "$n" -ge 1 ] || skip "no other allocator is installed"
}

@test "replay: a library that is no allocator is an error" {
	local lib
	record request_queue
	for lib in /nowhere/libx.so libnowhere.so libm.so.6 "$TRACE"; do
		run -1 "$POOLTRACE" replay --allocator "$lib" "$TRACE"
		assert_match "$output" "$lib"
	done
}

@test "replay: the error about an unknown tunable names the nearest" {
	record request_queue
	run -1 "$POOLTRACE" replay --tunables glibc.malloc.tcache_cuont=0 "$TRACE"
	assert_match "$output" "no tunable 'glibc.malloc.tcache_cuont'.*nearest is 'glibc.malloc.tcache_count'"
	run -1 "$POOLTRACE" replay --tunables glibc.malloc.tcache_count=0:glibc.malloc.mxfast "$TRACE"
	assert_match "$output" "'glibc.malloc.mxfast' is no NAME=VALUE"
	run -0 "$POOLTRACE" replay --tunables glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0 "$TRACE"
}

@test "replay: threads are replayed as threads and come to an end" {
	record worker_handoff
	run timeout 60 "$POOLTRACE" replay --cpu-ms 10 --finding 1 "$TRACE"
	[ "$status" = 0 ]
	assert_match "$output" 'return-ring'
}

# What the report says of the first finding when it replays at most $1 operations, and by how many windows.  A
# finding stays one whatever its times are measured to be.
first_finding() {
	report --cpu-ms 20 --set native_min_share=-100 --replay-ops "$1"
	json '.findings[0] | [.kind, (.prediction.allocator_calls_saved | .low, .high), .prediction.live_bytes_saved.low,
		([.evidence[] | select(.name == "replay_windows") | .value][0] // 1)] | @tsv'
}

@test "replay: a long trace is sampled in windows, which predict what the whole does" {
	local n whole part kind low high bytes windows
	for n in request_queue syntax_trees worker_handoff sessions scratch_per_record json_documents; do
		record $n
		read -r kind low high bytes windows <<< "$(first_finding 4194304)"
		assert_eq "$windows" 1 "$n: windows"
		whole=$bytes
		read -r part low2 high2 bytes windows <<< "$(first_finding 65536)"
		assert_eq "$windows" 8 "$n: windows of a long trace"
		assert_eq "$part" "$kind" "$n: kind"
		# Calls stay the detector's count, within a chunk; memory is that of the peak.
		[ $((low2 - low)) -ge -2 ] && [ $((high2 - high)) -le 2 ] || { echo "$n: $low2 $high2, not $low $high calls"; return 1; }
		[ $((bytes - whole)) -le 8192 ] && [ $((whole - bytes)) -le 8192 ] || { echo "$n: $bytes, not $whole bytes"; return 1; }
	done
}

@test "replay: the error of the windows is stated, and the calls that they extrapolate to are close" {
	record request_queue
	run "$POOLTRACE" replay --cpu-ms 10 --finding 1 --replay-ops 40000 "$TRACE"
	[ "$status" = 0 ]
	assert_match "$output" 'extrapolated from 8 windows with 5.0 % of the operations: \+- [0-9.]+ ms \(95 %\)'
	local calls
	calls=$(sed -n 's/^  allocator calls //p' <<< "$output" | sed 's/\([0-9]\) \([0-9]\)/\1\2/g')
	read -r before after <<< "$calls"
	assert_eq "$before" 800001 "calls as recorded"
	[ "$after" -le 2000 ]
	run "$POOLTRACE" replay --replay-ops 5 "$TRACE"
	[ "$status" = 2 ]
}

@test "report: what a replay has measured is kept, and gives the same report again" {
	record request_queue
	"$POOLTRACE" report --cpu-ms 10 --alone "$TRACE" > "$BATS_TEST_TMPDIR/first"
	[ -s "$TRACE.measured" ]
	"$POOLTRACE" report --cpu-ms 10 --alone "$TRACE" > "$BATS_TEST_TMPDIR/second"
	diff "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
	cp "$TRACE.measured" "$BATS_TEST_TMPDIR/kept"
	"$POOLTRACE" report --cpu-ms 10 --alone --measure-again "$TRACE" > /dev/null
	never cmp -s "$BATS_TEST_TMPDIR/kept" "$TRACE.measured"
}

@test "report: measurements of another machine or version are not believed" {
	record request_queue
	"$POOLTRACE" report --cpu-ms 10 --alone "$TRACE" > /dev/null
	sed -i '1s/ 0\./ 99./' "$TRACE.measured"
	"$POOLTRACE" report --cpu-ms 10 --alone "$TRACE" > /dev/null
	never grep -q ' 99\.' "$TRACE.measured"
}

@test "report: what cannot be kept beside the trace is kept in the user's cache" {
	record request_queue
	mkdir "$TRACE.measured" "$BATS_TEST_TMPDIR/cache"
	XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache "$POOLTRACE" report --cpu-ms 10 --alone "$TRACE" > "$BATS_TEST_TMPDIR/first"
	[ -n "$(first_file "$BATS_TEST_TMPDIR"/cache/pooltrace/measured-*)" ]
	XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache "$POOLTRACE" report --cpu-ms 10 --alone "$TRACE" > "$BATS_TEST_TMPDIR/second"
	diff "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
}

@test "report: a finding has the same id in another run, by which replay knows it" {
	local id
	record request_queue
	report --cpu-ms 10 --no-replay
	id=$(json '.findings[0].id')
	[[ $id =~ ^[0-9a-f]{8}$ ]]
	record request_queue
	report --cpu-ms 10 --no-replay
	assert_eq "$(json '.findings[0].id')" "$id" "the id in another run"
	run -0 "$POOLTRACE" replay --cpu-ms 10 --finding "$id" "$TRACE"
	assert_match "$output" '#1 slab'
}
