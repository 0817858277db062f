# However a process ends, what it did until then can be read.

load helpers/common

ends() {
	record ends "$1"
	assert_eq "$STATUS" "$2" "exit code"
	report
	check_expectations ends
}

@test "ends: exit" {
	ends exit 7
	assert_json '.process.exit_code == 7 and .health.complete'
}

@test "ends: _exit" {
	ends _exit 8
	assert_json '.process.exit_code == 8 and .health.complete'
}

@test "ends: quick_exit" {
	ends quick_exit 9
}

@test "ends: pthread_exit of the main thread" {
	ends pthread_exit 0
}

@test "ends: abort" {
	ends abort 134
}

@test "ends: a segmentation fault" {
	ends segv 139
}

@test "ends: SIGKILL" {
	ends kill 137
}

@test "ends: SIGTERM" {
	ends term 143
}

# Kill a program that allocates for ever and compare with the counts it kept in shared memory: the trace
# has all that was finished, and at most the one call more that each thread was in.
killed_after() {
	local n_threads=$1 delay=$2 ledger=$BATS_TEST_TMPDIR/ledger dir=$BATS_TEST_TMPDIR/killed
	rm -rf "$dir" "$ledger"
	mkdir -p "$dir"
	timeout -s KILL 60 env LD_PRELOAD="$(preload_library)" POOLTRACE_OUT="$dir/%e.%p.trace" \
		"$BUILD/targets/c/ledger" "$ledger" "$n_threads" &
	local shell=$! pid= i
	for ((i = 0; i < 200; i++)); do
		pid=$(pgrep -P $shell || true)
		[ -n "$pid" ] && [ -s "$ledger" ] && break
		sleep 0.02
	done
	sleep "$delay"
	kill -KILL $pid
	wait $shell || true
	TRACE=$(echo "$dir"/*.trace)
	report || [ "$REPORT_STATUS" = 4 ]
	python3 - "$ledger" "$n_threads" "$(json '[.sites[] | select(any(.frames[]; .function == "ledger_alloc")) | .allocs] | add // 0')" \
		"$(json .totals.frees)" "$(json .health.lost_events)" <<-'PY'
		import struct, sys
		ledger, n_threads, allocs, frees, lost = sys.argv[1], *map(int, sys.argv[2:])
		words = struct.unpack("512Q", open(ledger, "rb").read())
		did_alloc, did_free = sum(words[0::8]), sum(words[1::8])
		print(f"ledger {did_alloc} allocs {did_free} frees, trace {allocs} and {frees}, lost {lost}")
		assert did_alloc > 0 and lost == 0
		assert did_alloc - n_threads <= allocs <= did_alloc + n_threads
		assert did_free - n_threads <= frees <= did_free + n_threads
	PY
}

@test "ends: SIGKILL at many moments loses at most the last event" {
	local i
	for i in 0 0.003 0.011 0.02 0.05 0.1; do killed_after 1 $i; done
}

@test "ends: SIGKILL of four threads loses at most the last event of each" {
	local i
	for i in 0 0.01 0.03 0.1; do killed_after 4 $i; done
}
