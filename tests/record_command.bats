# `pooltrace record`: what it does for the user around LD_PRELOAD.

bats_require_minimum_version 1.5.0

load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "record: ends with where the trace is, totals, findings of a quick look, and how to read it" {
	run -0 --separate-stderr timeout 60 "$POOLTRACE" record "$BUILD/targets/c/blocks_fixed"
	assert_eq "$output" "" stdout
	assert_eq "${#stderr_lines[@]}" 4 "lines on stderr"
	local trace
	trace=$(echo pooltrace.blocks_fixed.*.trace)
	assert_match "${stderr_lines[0]}" "$trace"
	assert_match "${stderr_lines[1]}" "[0-9]+ allocations of .*, live at most .*, at the end "
	assert_match "${stderr_lines[2]}" "a quick look, without replays, has [0-9]+ finding"
	assert_match "${stderr_lines[3]}" "pooltrace report .*$trace"
	[ -s "$trace" ]
	bash -c "${stderr_lines[3]#*: }" 2> /dev/null | grep -q . || "$POOLTRACE" report "$trace" > /dev/null
}

@test "record: --quiet does not read the trace; the command is of the process with the biggest trace" {
	run -0 --separate-stderr timeout 60 "$POOLTRACE" record --quiet -o quiet.trace "$BUILD/targets/c/blocks_fixed"
	assert_eq "${#stderr_lines[@]}" 2 "lines on stderr"
	run -0 --separate-stderr timeout 60 "$POOLTRACE" record -o wrapped.trace bash -c "true; '$BUILD/targets/cxx/log_writer'; true"
	bash -c "${stderr_lines[3]#*: } --alone --no-replay" > page
	grep -q '^log_writer' page
}

@test "record: -o names the trace" {
	timeout 60 "$POOLTRACE" record -o my.trace -- "$BUILD/targets/c/blocks_fixed"
	"$POOLTRACE" report --format json my.trace | jq -e '.totals.allocs >= 110'
}

@test "record: the program's output and exit code are its own" {
	run -7 timeout 60 "$POOLTRACE" record -o a.trace "$BUILD/targets/c/ends" exit
	run -8 timeout 60 "$POOLTRACE" record -o b.trace "$BUILD/targets/c/ends" _exit
	run -0 --separate-stderr timeout 60 "$POOLTRACE" record -o c.trace "$BUILD/targets/c/libc_inside"
	assert_eq "$output" "$("$BUILD/targets/c/libc_inside")" stdout
}

@test "record: a program that dies of a signal gives 128 + its number" {
	run -137 timeout 60 "$POOLTRACE" record -o a.trace "$BUILD/targets/c/ends" kill
	run -134 timeout 60 "$POOLTRACE" record -o b.trace "$BUILD/targets/c/ends" abort
	"$POOLTRACE" report --format json a.trace | jq -e '.totals.frees >= 900'
}

@test "record: 127 and a message when there is no such program, 126 when it cannot run" {
	run -127 --separate-stderr "$POOLTRACE" record no-such-program
	assert_match "$stderr" "no-such-program"
	touch not-executable
	run -126 --separate-stderr "$POOLTRACE" record ./not-executable
	assert_match "$stderr" "not-executable"
}

@test "record: an existing LD_PRELOAD is kept" {
	local other
	other=$(preload_library)
	other=$BATS_TEST_TMPDIR/other.so
	echo 'int nothing_to_see;' | gcc -shared -fPIC -x c -o "$other" -
	run -0 --separate-stderr env LD_PRELOAD="$other" timeout 60 "$POOLTRACE" record -o a.trace -- sh -c 'echo "$LD_PRELOAD"'
	assert_match "$output" "^$other[: ].*libpooltrace.so"
}

@test "record: an existing file is left alone without --force" {
	echo precious > a.trace
	run --separate-stderr timeout 60 "$POOLTRACE" record -o a.trace "$BUILD/targets/c/blocks_fixed"
	[ "$status" != 0 ]
	assert_match "$stderr" "a.trace"
	assert_eq "$(cat a.trace)" precious "the existing file"
	timeout 60 "$POOLTRACE" record --force -o a.trace "$BUILD/targets/c/blocks_fixed"
	"$POOLTRACE" report --format json a.trace | jq -e '.totals.allocs >= 110'
}

@test "record: LD_PRELOAD by hand does not write over a file either" {
	echo precious > a.trace
	LD_PRELOAD=$(preload_library) POOLTRACE_OUT=a.trace "$BUILD/targets/c/blocks_fixed"
	assert_eq "$(cat a.trace)" precious "the existing file"
}

@test "record: --baseline stores what the untraced run took" {
	run -0 --separate-stderr timeout 60 "$POOLTRACE" record --baseline -o a.trace "$BUILD/targets/c/libc_inside"
	assert_eq "$(grep -c 'a copy of 42' <<< "$output")" 2 "runs of the program"
	"$POOLTRACE" report --format json a.trace > report.json
	jq -e '.process.baseline.wall_ms > 0 and .process.baseline.peak_rss_bytes > 100000 and .process.baseline.cpu_ms >= 0' report.json ||
		{ jq .process report.json; false; }
}

@test "record: signals reach the program" {
	timeout 60 "$POOLTRACE" record -o a.trace -- bash -c 'trap "echo told; exit 4" TERM; echo ready; for i in $(seq 1000); do sleep 0.05; done' > out &
	local pid i
	for ((i = 0; i < 1000; i++)); do grep -q ready out && break; sleep 0.05; done
	pid=$(pgrep -P $!)
	kill -TERM "$pid"
	local rc=0
	wait $! || rc=$?
	assert_eq $rc 4 "exit code"
	assert_match "$(cat out)" told
}

@test "record: the pattern of POOLTRACE_OUT" {
	LD_PRELOAD=$(preload_library) POOLTRACE_OUT=x.%e.%h.%p.trace "$BUILD/targets/c/blocks_fixed"
	[ -s x.blocks_fixed."$(uname -n)".*.trace ]
	LD_PRELOAD=$(preload_library) "$BUILD/targets/c/blocks_fixed"
	[ -s pooltrace.blocks_fixed.*.trace ]
}

@test "record: traces are for their owner only" {
	umask 000
	timeout 60 "$POOLTRACE" record -o a.trace "$BUILD/targets/c/blocks_fixed"
	assert_eq "$(stat -c %a a.trace)" 600 mode
}

@test "record: usage errors exit with 2" {
	run -2 "$POOLTRACE" record
	run -2 "$POOLTRACE" record --no-such-option true
	run -2 "$POOLTRACE" no-such-command
}

@test "command: help and version" {
	run -0 "$POOLTRACE" --version
	assert_match "$output" '^pooltrace [0-9]+\.[0-9]+'
	run -0 "$POOLTRACE" help
	local c
	for c in record report info dump; do
		assert_match "$output" "$c"
		"$POOLTRACE" help $c | grep -q -e "$c"
	done
}
