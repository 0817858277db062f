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

# Starts a program that allocates for ever in N threads: its LEDGER, PID and TRACE.
start_ledger() {
	local dir=$BATS_TEST_TMPDIR/killed library i
	library=$(preload_library)
	LEDGER=$BATS_TEST_TMPDIR/ledger
	rm -rf "$dir" "$LEDGER"
	mkdir -p "$dir"
	timeout -s KILL 60 env LD_PRELOAD="$library" POOLTRACE_OUT="$dir/%e.%p.trace" \
		"$BUILD/targets/c/ledger" "$LEDGER" "$1" &
	SHELL_PID=$!
	for ((i = 0; i < 200; i++)); do
		[ -s "$LEDGER" ] && break
		sleep 0.02
	done
	PID=$(pgrep -P $SHELL_PID) # not sooner: on its way there the shell may have had another child
	TRACE=$(echo "$dir"/*.trace)
}

kill_ledger() {
	kill -KILL "$PID"
	wait "$SHELL_PID" || true
}

# Kill it and compare with the counts it kept in shared memory: the trace has all that was finished, and at
# most the one call more that each thread was in.
killed_after() {
	local n_threads=$1 delay=$2
	start_ledger "$n_threads"
	sleep "$delay"
	kill_ledger
	report_numbers || [ "$REPORT_STATUS" = 4 ]
	python3 - "$LEDGER" "$n_threads" "$(json '[.sites[] | select(any(.frames[]; .function == "ledger_alloc")) | .allocs] | add // 0')" \
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

# Its threads put chunks away while they are read: what is read must be each thread's events up to some moment.
@test "ends: not yet: the trace of four threads that still run is whole as far as it goes" {
	local delay
	for delay in 0.01 0.03 0.05 0.08; do
		start_ledger 4
		sleep $delay
		run timeout -s KILL 60 "$POOLTRACE" info "$TRACE"
		kill_ledger
		[ "$status" = 0 ] || { echo "info, with exit code $status: $output" && false; }
		never grep -v ' 0 lost, 0 unmatched frees' <<< "$(grep ^health <<< "$output")"
	done
}
