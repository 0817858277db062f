#!/usr/bin/env bats
# replay, diff and verify: what a finding predicts, seen again, compared, and held to account.

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
	run "$POOLTRACE" verify --finding 1 "$BEFORE" "$TRACE"
	[ "$status" = 3 ]
	assert_match "$output" 'allocator calls saved .* BELOW'
}

@test "verify: an unknown finding is told together with those that there are" {
	record_both request_queue
	run "$POOLTRACE" verify --finding 7 "$BEFORE" "$AFTER"
	[ "$status" = 1 ]
	assert_match "$output" 'no finding 7'
	assert_match "$output" '#1 slab'
}

@test "diff: names the place that changed, and the totals" {
	record_both request_queue
	run "$POOLTRACE" diff "$BEFORE" "$AFTER"
	[ "$status" = 0 ]
	assert_match "$output" 'allocator calls +800 k +3 '
	assert_match "$output" '-400 k .*request_get  \(gone\)'
	assert_match "$output" 'request_grow  \(new\)'
	run "$POOLTRACE" diff "$BEFORE" "$BEFORE"
	assert_match "$output" 'no site changed'
}

@test "diff: growth beyond the limit is exit code 3" {
	record_both request_queue
	run "$POOLTRACE" diff --max-growth 5 "$AFTER" "$BEFORE"
	[ "$status" = 3 ]
	run "$POOLTRACE" diff --max-growth 5 "$BEFORE" "$BEFORE"
	[ "$status" = 0 ]
}

@test "diff: sites survive moved lines" {
	local dir=$BATS_TEST_TMPDIR
	sed 's,"../pools.h","pools.h",' "$ROOT/targets/c/request_queue.c" > "$dir/queue.c"
	sed '1i /* a line */\n/* and another */' "$dir/queue.c" > "$dir/moved.c"
	${CC:-gcc} -g -O2 -I"$ROOT/targets" -o "$dir/queue" "$dir/queue.c"
	${CC:-gcc} -g -O2 -I"$ROOT/targets" -o "$dir/moved" "$dir/moved.c"
	record "$dir/queue"
	BEFORE=$TRACE
	record "$dir/moved"
	run "$POOLTRACE" diff "$BEFORE" "$TRACE"
	assert_match "$output" 'no site changed'
}

@test "replay: the recorded calls again, with a finding, and under tunables" {
	record json_documents
	run "$POOLTRACE" replay "$TRACE"
	[ "$status" = 0 ]
	assert_match "$output" 'allocator calls +1 152 721 +1 152 721'
	run "$POOLTRACE" replay --finding 1 "$TRACE"
	assert_match "$output" '#1 region: parse_document'
	assert_match "$output" 'allocator calls +1 152 721 +2$'
	run "$POOLTRACE" replay --tunables glibc.malloc.tcache_count=0 "$TRACE"
	assert_match "$output" 'allocator calls +1 152 721 +1 152 721'
}

@test "replay: another allocator" {
	local lib
	lib=$(first_file /usr/lib/x86_64-linux-gnu/libjemalloc.so.2 /usr/lib/x86_64-linux-gnu/libmimalloc.so.2) ||
		skip "no other allocator is installed"
	record request_queue
	run "$POOLTRACE" replay --allocator "$lib" "$TRACE"
	[ "$status" = 0 ]
	assert_match "$output" "${lib##*/}"
	run "$POOLTRACE" replay --allocator /nowhere/libx.so "$TRACE"
	[ "$status" = 1 ]
}

@test "replay: threads are replayed as threads and come to an end" {
	record worker_handoff
	run timeout 60 "$POOLTRACE" replay --finding 1 "$TRACE"
	[ "$status" = 0 ]
	assert_match "$output" 'return-ring'
}
