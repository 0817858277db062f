# How a process begins and ends: nothing of what it did is lost.
load helpers/host

@test "host: blocks allocated before any constructor are recorded" {
	host_same early
	ledger_holds
	is_whole
}

@test "host: allocations inside dlsym" {
	host_same dlsym_alloc
	ledger_holds
	is_whole
}

@test "host: destructors of thread-local objects and keys allocate" {
	host_same tls_destructors
	ledger_holds
	is_whole
}

@test "host: atexit, on_exit, static and ELF destructors allocate while a thread goes on" {
	host_same at_exit
	ledger_holds --killed
	health '.lost_events == 0'
}

@test "host: return from main, exit, exit in a thread, pthread_exit of the first thread" {
	local how
	for how in return exit exit_in_thread pthread_exit; do
		host_same exits $how
		ledger_holds
		is_whole
	done
}

@test "host: _exit and quick_exit lose nothing" {
	local how
	for how in _exit quick_exit; do
		host_same exits $how
		ledger_holds
		health '.lost_events == 0'
	done
}

@test "host: abort, SIGSEGV and SIGKILL lose nothing" {
	local how
	for how in abort segv kill; do
		host_same exits $how
		ledger_holds
		health '.lost_events == 0'
	done
}

# The ledger is checked against the trace after each kill.
kill_many() {
	local n=$1 threads=$2 i
	LEDGER=$BATS_TEST_TMPDIR/ledger
	for ((i = 0; i < n; i++)); do
		rm -f "$LEDGER" "$BATS_TEST_TMPDIR"/k.*.trace
		LEDGER=$LEDGER "$BUILD/tests/helpers/kill_when" "$LEDGER" $(((i * 7919 + threads * 31) % 30000)) \
			env LD_PRELOAD="$(preload_library)" POOLTRACE_OUT="$BATS_TEST_TMPDIR/k.%p.trace" \
			"$HOST/churn" "$threads" 0
		TRACES=("$BATS_TEST_TMPDIR"/k.*.trace)
		n_traces 1
		ledger_holds --killed
	done
}

@test "host: SIGKILL at random moments, one thread" {
	kill_many "$(by_scale 15 200)" 1
}

@test "host: SIGKILL at random moments, four threads" {
	kill_many "$(by_scale 15 200)" 4
}

@test "host: the environment reaches the program and what it starts" {
	ENVIRONMENT=(GREETING=hello)
	assert_same_output printenv GREETING
	assert_same_output env -u LD_PRELOAD -u POOLTRACE_OUT env
	assert_same_output perl -e 'print "$ENV{GREETING}\n"; exec "printenv", "GREETING"'
}
