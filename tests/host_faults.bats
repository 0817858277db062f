# Failure injection: the recorder's n-th system call fails, for each n that occurs; tests/fault/fault.c.
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
			[ $n -gt 20 ] || { echo "only $n calls of the recorder"; return 1; }
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
		"$POOLTRACE" info "$t" | grep -E '^health|^note.* steps of ' || true
	done > "$BATS_TEST_TMPDIR/health"
	grep -qE '^health +[1-9]|^note' "$BATS_TEST_TMPDIR/health" ||
		{ echo "call $1: $said, and nothing says so:"; cat "$BATS_TEST_TMPDIR/health"; return 1; }
}

@test "faults: each system call of the recorder fails once, two threads" {
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

# The holder stands in each lock that it takes in turn; the child of then, and the process itself.
hold_each() { # fork or bare
	local n got
	LEDGER=$BATS_TEST_TMPDIR/ledger
	for ((n = 1; n < 3000; n += $(by_scale 17 1))); do
		rm -f "$LEDGER" "$BATS_TEST_TMPDIR"/*.trace "$BATS_TEST_TMPDIR/hit"
		got=$(timeout 60 env LEDGER="$LEDGER" LD_PRELOAD="$(fault_library)" \
			POOLTRACE_OUT="$BATS_TEST_TMPDIR/%p.trace" POOLTRACE_FAULT_HOLD="$n" \
			POOLTRACE_FAULT_LOG="$BATS_TEST_TMPDIR/hit" "$HOST/held_lock" "$1" 2>&1; echo "exit $?")
		if [ ! -e "$BATS_TEST_TMPDIR/hit" ]; then
			[ $n -gt 30 ] || { echo "only $n locks taken"; return 1; }
			return 0
		fi
		[ "$got" = $'child ended with 7\nexit 0' ] || { echo "lock $n held made it '$got'"; return 1; }
		answer_is_honest "$n held" || return 1
	done
}

@test "faults: forked while a thread stands in a lock of ours" {
	hold_each fork
}

@test "faults: forked behind the C library's back while a thread stands in a lock of ours" {
	hold_each bare
}

# Where the file cannot be mapped it is written: each of those calls fails once, too.
@test "faults: each system call fails once in a file system without shared mappings" {
	local n t
	mkdir "$BATS_TEST_TMPDIR/copy"
	in_odd_fs -m "cd '$BATS_TEST_TMPDIR/odd'; for ((n = 1; n < 1000; n += $(by_scale 31 1))); do
		LEDGER='$BATS_TEST_TMPDIR'/copy/\$n.ledger LD_PRELOAD='$(fault_library)' POOLTRACE_OUT=\$n.trace POOLTRACE_FAULT=\$n \\
			POOLTRACE_FAULT_LOG='$BATS_TEST_TMPDIR/hit' timeout 60 '$HOST/churn' 2 500 > '$BATS_TEST_TMPDIR'/copy/\$n.out
		[ ! -e \$n.trace ] || mv \$n.trace '$BATS_TEST_TMPDIR'/copy
		[ -e '$BATS_TEST_TMPDIR/hit' ] || exit 0
		cat '$BATS_TEST_TMPDIR/hit' >> '$BATS_TEST_TMPDIR/hits'; rm '$BATS_TEST_TMPDIR/hit'
	done"
	[ "$(grep -cx 18 "$BATS_TEST_TMPDIR/hits")" -gt 3 ] # pwrite64
	for n in "$BATS_TEST_TMPDIR"/copy/*.out; do
		assert_eq "$(< "$n")" "2 threads, $(sum_of 2 500) bytes" "stdout of $n"
		LEDGER=${n%.out}.ledger TRACES=("${n%.out}.trace")
		[ ! -e "${n%.out}.trace" ] || answer_is_honest "$n" || return 1
	done
}

@test "faults: a kill between two system calls leaves whole chunks, where space is written and not reserved" {
	local t n=0
	mkdir "$BATS_TEST_TMPDIR/copy"
	in_odd_fs -m "cd '$BATS_TEST_TMPDIR/odd'; for ((n = 1; n < 400; n += $(by_scale 13 1))); do
		LD_PRELOAD='$(fault_library)' POOLTRACE_OUT=\$n.trace POOLTRACE_FAULT=\$n! timeout 60 '$HOST/churn' 2 500 > /dev/null || true
		[ ! -e \$n.trace ] || mv \$n.trace '$BATS_TEST_TMPDIR'/copy
	done"
	for t in "$BATS_TEST_TMPDIR"/copy/*.trace; do
		(($(stat -c %s "$t") % 32768 == 0)) || { echo "$t has $(stat -c %s "$t") bytes"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -gt 10 ]
}

# The sweeps reach what the library calls; what it never calls needs none: no write, no new process or thread.
@test "faults: every system call of the recorder is one that is made to fail, or one that cannot" {
	local nr never='getpid|getppid|geteuid|gettid|close|munmap|futex|rt_sigprocmask|tgkill|exit_group|brk|unlinkat|sched_yield|clock_gettime'
	local of_the_host='prctl|seccomp'
	local sources
	mapfile -t sources < <(find "$ROOT/preload" -name '*.[ch]' ! -name 'debug.[ch]')
	for nr in $(grep -ohE 'SYS_[a-z0-9_]+' "${sources[@]}" | sort -u); do
		[[ ${nr#SYS_} =~ ^($never|$of_the_host)$ ]] && continue
		grep -q "case $nr:" "$ROOT/tests/fault/fault.c" || { echo "$nr cannot be made to fail"; return 1; }
	done
	# the log of debug builds writes, and the library has no code of it
	never grep -nE 'SYS_(write|clone3?|fork|vfork)\b' "${sources[@]}"
	never grep -nxE 'write|pwrite|clone|fork|vfork|pthread_create|posix_spawn' "$ROOT/preload/imports.txt"
}
