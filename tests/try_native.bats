# pooltrace try: findings enacted by the library, and what it may not do to a program.

load helpers/common

LIMIT_SECONDS=60

# Records a target and tries its first finding; $OUTPUT is what was printed, $STATUS the exit code.
try_target() { # NAME [OPTIONS...]
	target_command "$1"
	TRACE=$BATS_TEST_TMPDIR/${1##*/}.trace
	"$POOLTRACE" record -q --baseline -o "$TRACE" -- "${COMMAND[@]}" > /dev/null 2>&1
	try_again "${@:2}"
}

try_again() {
	STATUS=0
	OUTPUT=$("$POOLTRACE" try --runs 2 "$@" "$TRACE" -- "${COMMAND[@]}" 2>&1) || STATUS=$?
}

# "KIND: SERVED of ALL" of each finding, such as "slab: 400 k of 400 k".
served() {
	sed -n 's/^#[0-9]* \([a-z-]*\):.*/\1/p; s/^  \(.* of .*\) allocations served.*/\1/p' <<< "$OUTPUT" | paste -sd: | sed 's/:/: /'
}

@test "try: each policy serves the allocations of its finding, and the program does the same" {
	local name want wrong=
	while read -r name want; do
		try_target "$name"
		[ "$(served)" = "$want" ] || wrong+="$name: '$(served)', not '$want': $OUTPUT"$'\n'
		grep -q 'the same output and exit code in all' <<< "$OUTPUT" || wrong+="$name: $OUTPUT"$'\n'
	done <<- 'END'
		request_queue slab: 400 k of 400 k
		json_documents region: 576 k of 576 k
		message_pairs bundle: 600 k of 600 k
		text_builder reserve: 16.0 k of 16.0 k
		worker_handoff return-ring: 300 k of 300 k
	END
	[ -z "$wrong" ] || { echo "$wrong"; return 1; }
}

@test "try: allocator calls of the enacted program are counted in its own trace" {
	try_target scratch_per_record --finding 1
	assert_match "$OUTPUT" '^#1 hoist'
	assert_match "$OUTPUT" 'allocator calls +800 k +2 +800 k'
}

@test "try: a container that grows by realloc finds its room" {
	local calls
	try_target text_builder
	read -r -a calls <<< "$(grep '^  allocator calls' <<< "$OUTPUT")"
	assert_match "$OUTPUT" 'allocator calls +128 k +3 '
}

@test "try: a setting of the allocator is set in the enacted runs alone" {
	try_target batch_sort
	assert_match "$OUTPUT" 'with GLIBC_TUNABLES=glibc.malloc.trim_threshold='
	assert_match "$OUTPUT" 'page faults +[0-9.]+ k +[0-9.]+ k .*[0-9] k to '
}

@test "try: the result is kept, and report and replay know it" {
	try_target request_queue
	assert_eq "$STATUS" 0 "exit code"
	report
	assert_json '.findings[0].prediction | .tier == "enacted" and .allocator_calls_saved.low > 799000'
	assert_json '.findings[0].evidence | map(select(.name == "enacted_pairs"))[0].value == 2'
	"$POOLTRACE" report "$TRACE" | grep -q '(enacted'
}

@test "try: a program that was rebuilt is not tried with an old plan" {
	local program=$BATS_TEST_TMPDIR/program
	cp "$BUILD/targets/c/request_queue" "$program"
	try_target "$program"
	[ "$STATUS" = 0 ] || { echo "$OUTPUT"; return 1; }
	cp "$BUILD/targets/c/request_queue.fix" "$program"
	try_again
	assert_eq "$STATUS" 1 "exit code"
	assert_match "$OUTPUT" 'was rebuilt since the recording: record it again|no finding that can be tried'
	cp "$BUILD/targets/c/ledger" "$program.other"
	cp "$BUILD/targets/c/request_queue" "$program"
	COMMAND=("$program.other")
	try_again
	assert_eq "$STATUS" 1 "exit code of another program"
	assert_match "$OUTPUT" 'does not run what was recorded'
}

@test "try: a program that prints something else each time is compared only where it is asked to be" {
	try_target request_queue
	COMMAND=(bash -c "echo \$RANDOM\$RANDOM; $BUILD/targets/c/request_queue")
	try_again
	assert_eq "$STATUS" 1 "exit code"
	assert_match "$OUTPUT" 'ignore-output'
	try_again --ignore-output
	assert_eq "$STATUS" 0 "exit code with --ignore-output"
	assert_eq "$(served)" "slab: 400 k of 400 k" "served in a child process"
}

@test "try: standard input that is a pipe reaches every run" {
	local in=$BATS_TEST_TMPDIR/in
	try_target request_queue
	seq 100000 > "$in"
	COMMAND=(bash -c "wc -l; $BUILD/targets/c/request_queue")
	STATUS=0
	OUTPUT=$(cat "$in" | "$POOLTRACE" try --runs 2 "$TRACE" -- "${COMMAND[@]}" 2>&1) || STATUS=$?
	assert_eq "$STATUS" 0 "exit code"
	assert_match "$OUTPUT" 'the same output'
}

@test "try: a server is driven, then ended" {
	try_target request_queue
	COMMAND=(bash -c "$BUILD/targets/c/request_queue; exec sleep 100")
	try_again --runs 1 --drive "echo driven >> $BATS_TEST_TMPDIR/driven"
	assert_eq "$STATUS" 0 "exit code"
	assert_eq "$(wc -l < "$BATS_TEST_TMPDIR/driven")" 3 "times driven"
}

@test "try: what no library can do is said" {
	try_target error_path --finding 1
	assert_eq "$STATUS" 1 "exit code"
	assert_match "$OUTPUT" 'cannot be tried: only the program knows when it needs a block no more'
}

# ---- the library itself ----

# Runs COMMAND bare and with every allocation that it made when it was recorded served in one way.
same_enacted() { # POLICY
	local out err status plan=$BATS_TEST_TMPDIR/plan.$1
	run_command bare
	out=$OUT err=$ERR status=$STATUS
	"$BUILD/tests/helpers/plan_all" "$TRACE" "$1" > "$plan"
	rm -rf "$BATS_TEST_TMPDIR/counts"
	mkdir -p "$BATS_TEST_TMPDIR/counts"
	ENVIRONMENT=(LD_PRELOAD="$(preload_path "$BUILD/libpooltrace-enact.so")" POOLTRACE_PLAN="$plan" POOLTRACE_ARM=serve
		POOLTRACE_ENACT_OUT="$BATS_TEST_TMPDIR/counts")
	run_command enacted
	ENVIRONMENT=()
	assert_eq "$STATUS" "$status" "exit code enacted ($1)" &&
		cmp -s <(plain "$out") <(plain "$OUT") && cmp -s <(plain "$err") <(plain "$ERR")
}

# Without what the pools say otherwise (usable sizes), and what the shell says of process ids.
plain() {
	sed -E 's/usable [0-9]+/usable/; s/line [0-9]+: +[0-9]+ /line: /' "$1"
}

hazards() { # NAME...
	local name policy wrong=
	for name in "$@"; do
		read -ra COMMAND <<< "$BUILD/targets/host/${name//:/ }"
		local ENVIRONMENT=(LEDGER="$BATS_TEST_TMPDIR/ledger")
		record "${COMMAND[@]}" || { wrong+="$name: no trace"$'\n'; continue; }
		ENVIRONMENT=()
		for policy in slab classes region hoist; do
			same_enacted "$policy" || wrong+="$name: not the same with $policy: $STATUS $(diff -a <(plain "$BATS_TEST_TMPDIR/bare/stdout") <(plain "$OUT") | head -5) $(head -3 "$ERR")"$'\n'
		done
	done
	[ -z "$wrong" ] || { echo "$wrong"; return 1; }
}

@test "enact: hazards of threads, forks, signals, stacks and sizes, in every policy" {
	hazards contract errno_kept many_threads:4 signal_inside coroutines long_jump tls_destructors recursion
}

@test "enact: other hazards of the host tests" {
	[ -n "${HOST_FULL:-}" ] || skip "long: make test-try"
	hazards altstack at_exit cancel churn:3:20000 churn:8:100000 detached dlclose_reuse dlopen_storm early exceptions \
		exec_chain exits fork_in_handler fork_threads hand_switched held_lock jit limit_as many_small nested_calls no_stdio omit_fp \
		plugin_throws raw_fork retitled small_stacks spawn stale_words static_tls tree
}

@test "enact: a plan that is not whole or not right is refused, and the program runs" {
	local plan=$BATS_TEST_TMPDIR/plan bad=$BATS_TEST_TMPDIR/bad lines i want
	target_command request_queue 1000
	run_bare request_queue 1000
	want=$(< "$OUT")
	record request_queue 1000
	"$BUILD/tests/helpers/plan_all" "$TRACE" slab > "$plan"
	lines=$(wc -l < "$plan")
	check() {
		assert_eq "$(LD_PRELOAD=$BUILD/libpooltrace-enact.so POOLTRACE_PLAN=$bad POOLTRACE_ARM=serve "${COMMAND[@]}")" "$want" "output with $1"
	}
	for ((i = 0; i < lines; i++)); do
		head -n "$i" "$plan" > "$bad"
		check "$i lines"
		sed "$((i + 1))s/[0-9]/9999999999/" "$plan" > "$bad"
		check "a large number in line $((i + 1))"
		sed "$((i + 1))s/ .*//" "$plan" > "$bad"
		check "one word in line $((i + 1))"
		sed "$((i + 1))p" "$plan" > "$bad"
		check "line $((i + 1)) twice"
	done
	head -c 100000 /dev/urandom > "$bad"
	check noise
	mkfifo "$bad.fifo"
	bad=$bad.fifo check "a pipe"
}
