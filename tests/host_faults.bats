# Failure injection: the n-th system call of ours fails, for each n that occurs; tests/fault/fault.c.
load helpers/host

# sweep SUFFIX STEP NAME ARGS...: the program does the same as without us, and what the trace has is
# true up to where it ends.
sweep() {
	local suffix=$1 step=$2 n want got
	shift 2
	LEDGER=$BATS_TEST_TMPDIR/ledger
	want=$(timeout 60 "$HOST/$1" "${@:2}" 2>&1; echo "exit $?")
	for ((n = 1; n < 3000; n += step)); do
		rm -f "$LEDGER" "$BATS_TEST_TMPDIR"/*.trace "$BATS_TEST_TMPDIR/hit"
		got=$(timeout 60 env LEDGER="$LEDGER" LD_PRELOAD="$(fault_library)" \
			POOLTRACE_OUT="$BATS_TEST_TMPDIR/%p.trace" POOLTRACE_FAULT="$n$suffix" \
			POOLTRACE_FAULT_LOG="$BATS_TEST_TMPDIR/hit" "$HOST/$1" "${@:2}" 2>&1; echo "exit $?")
		if [ ! -e "$BATS_TEST_TMPDIR/hit" ]; then
			[ $n -gt 20 ] || { echo "only $n calls of ours"; return 1; }
			return 0
		fi
		[ "$got" = "$want" ] || { echo "call $n$suffix ($(head -1 "$BATS_TEST_TMPDIR/hit")) made it '$got'"; return 1; }
		answer_is_honest "$n$suffix" || return 1
	done
	echo "no end after $n calls"
	return 1
}

# In a directory with a space the library goes through a link, as in preload_library.
fault_library() {
	local link=${BATS_FILE_TMPDIR:-/tmp}/libpooltrace-fault.so
	[ -e "$link" ] || ln -s "$BUILD/fault/libpooltrace.so" "$link"
	echo "$link"
}

# Either there is no trace, or it opens, what it has is true, and it says when something is not there.
answer_is_honest() {
	local t said
	TRACES=("$BATS_TEST_TMPDIR"/*.trace)
	for t in "${TRACES[@]}"; do
		[ -e "$t" ] || return 0
		[ -s "$t" ] || { echo "call $1 leaves the empty file $t"; return 1; }
	done
	said=$(ledger_holds --killed --traced) && return 0
	ledger_holds --killed --traced --prefix > "$BATS_TEST_TMPDIR/said" ||
		{ echo "call $1: missing from the middle:"; cat "$BATS_TEST_TMPDIR/said"; return 1; }
	for t in "${TRACES[@]}"; do
		"$POOLTRACE" info "$t" | grep '^health' || true
	done > "$BATS_TEST_TMPDIR/health"
	grep -qE '^health +[1-9]' "$BATS_TEST_TMPDIR/health" ||
		{ echo "call $1: $said, and nothing says so:"; cat "$BATS_TEST_TMPDIR/health"; return 1; }
}

@test "faults: each system call of ours fails once, two threads" {
	sweep '' 1 churn 2 5000
}

@test "faults: from some call on all fail" {
	sweep + "$(by_scale 4 1)" churn 2 5000
}

@test "faults: in a process that forks, while threads allocate" {
	sweep '' "$(by_scale 5 1)" fork_threads
}

@test "faults: in threads, destructors, handlers and plugins" {
	full_only
	sweep '' 1 many_threads at_once 200
	sweep '' 1 tls_destructors
	sweep '' 1 altstack
	sweep '' 1 exceptions
	sweep '' 1 dlopen_storm 20
}
