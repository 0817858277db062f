# Processes that make processes: each has its own trace, linked to its parent's.
load helpers/host

# Every trace but the first process's is of a child of one that is there, and says which.
is_one_tree() {
	"$POOLTRACE" report --format json "$TRACE" > "$BATS_TEST_TMPDIR/tree.json"
	local t parents
	for t in "${TRACES[@]}"; do
		"$POOLTRACE" report --format json "$t" | jq -r '"\(.process.pid) \(.process.parent_pid)"'
	done > "$BATS_TEST_TMPDIR/pids"
	parents=$(awk '{pid[$1] = 1; up[NR] = $2} END {for (i in up) if (!(up[i] in pid)) n++; print n}' "$BATS_TEST_TMPDIR/pids")
	assert_eq "$parents" 1 "processes without a traced parent"
}

@test "host: children forked while other threads allocate" {
	host_same fork_threads
	n_traces 21
	ledger_holds --killed
	is_one_tree
}

@test "host: a signal handler forks, while the program forks" {
	host_same fork_in_handler
	ledger_holds --killed
	health '.lost_events == 0'
}

@test "host: vfork, posix_spawn, system, popen, fork and exec: what is started is traced" {
	local how
	for how in vfork posix_spawn system popen fork_exec; do
		host_same spawn $how
		ledger_holds
		is_whole
		case $how in
		vfork | posix_spawn) n_traces 6 && assert_json '(.others | length) == 5' ;;
		esac
	done
}

@test "host: exec in a thread, three times, keeps all four traces" {
	host_same exec_chain
	n_traces 4
	ledger_holds --killed
}

@test "host: a daemon, forked twice, without descriptors, in another directory" {
	touch "$BATS_TEST_TMPDIR/said"
	host_same daemon "$BATS_TEST_TMPDIR/said"
	n_traces 2 # the process in between allocates nothing
	ledger_holds
	assert_eq "$(stat -c %s "$BATS_TEST_TMPDIR/said")" 16 "bytes in the daemon's file"
}

@test "host: a tree of 50 processes in one report" {
	host_same tree
	n_traces 50
	ledger_holds
	is_one_tree
	report "$TRACE"
	assert_json '(.others | length) == 49 and .together.processes == 50 and .together.frees == 5000'
	report --alone "$TRACE"
	assert_json '.others == null and .totals.frees == 100'
}

@test "host: children made behind the C library's back" {
	host_same raw_fork
	n_traces 4
	ledger_holds
	is_whole
}

@test "host: two processes with the same pid keep their traces" {
	need_root
	ENVIRONMENT=()
	run_bare "$HOST/pid_reuse"
	[ "$STATUS" != 77 ] || skip "cannot choose a pid here"
	host_same pid_reuse
	n_traces 3
	ledger_holds
}
