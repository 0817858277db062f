# Bare and traced runs compared by more than what they print.
#
#   assert_same_run NAME [ARGS...]   same stdout, stderr and exit code, and the same state at start and end of
#                                    each process: program name, arguments, environment, descriptors, signals,
#                                    limits, threads, locked memory, modules in their order (targets/host/state.so.c)

# So much more address space may a traced process have: tables grow with the number of stacks.
STATE_SIZE_KB_MORE=65536

# glibc gives each thread that meets another in malloc() an arena of 64 MiB: one for all, so that the address
# space does not depend on how threads happen to overlap.
STATE_ENVIRONMENT=(MALLOC_ARENA_MAX=2)

assert_same_run() {
	local out err status lib bare=$BATS_TEST_TMPDIR/bare.state traced=$BATS_TEST_TMPDIR/traced.state
	lib=$(preload_path "$BUILD/targets/host/state.so")
	rm -f "$bare"* "$traced"*
	local ENVIRONMENT=(LD_PRELOAD="$lib" STATE="$bare" "${STATE_ENVIRONMENT[@]}" ${WITH[@]+"${WITH[@]}"})
	run_bare "$@"
	out=$OUT err=$ERR status=$STATUS
	ENVIRONMENT=(STATE="$traced" "${STATE_ENVIRONMENT[@]}" ${WITH[@]+"${WITH[@]}"})
	local PRELOAD_TOO=$lib
	record "$@" &&
		assert_eq "$STATUS" "$status" "exit code traced" &&
		assert_same_file "$out" "$OUT" stdout &&
		assert_same_file "$err" "$ERR" stderr &&
		assert_same_state "$bare" "$traced"
}

assert_same_state() {
	local f more
	for f in "$1" "$2"; do
		[ -s "$f" ] || { echo "$f is empty: the state was not written down"; return 1; }
		sort "$f" | sed 's,; ,\n,g; s, \[,\n[,g' > "$f.rows"
	done
	assert_same_file "$1.rows" "$2.rows" "state" || return 1
	more=$(($(sort -n "$2.size" | tail -1) - $(sort -n "$1.size" | tail -1)))
	[ $more -le $STATE_SIZE_KB_MORE ] || { echo "$more kB more of address space"; return 1; }
}
