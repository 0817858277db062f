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
	report_numbers "$TRACE"
	assert_json '(.others | length) == 49 and .together.processes == 50 and .together.frees == 5000'
	report_numbers --alone "$TRACE"
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

@test "host: a program that writes a title over its arguments" {
	local t
	host_same retitled one two
	n_traces 3
	ledger_holds
	for t in "${TRACES[@]}"; do
		report_numbers --alone "$t"
		assert_json '.process.argv[1:] == ["one", "two"] and (.process.argv[0] | endswith("/retitled"))'
	done
}

@test "host: a program that clears or overwrites its environment, and forks in another directory" {
	local how t
	mkdir "$BATS_TEST_TMPDIR/away"
	for how in clear null overwrite; do
		EXTRA=(POOLTRACE_ARGV=0)
		host_same environment_gone $how "$BATS_TEST_TMPDIR/away"
		n_traces 3
		ledger_holds
		[ -z "$(ls "$BATS_TEST_TMPDIR/away")" ]
		for t in "${TRACES[@]}"; do
			report_numbers --alone "$t"
			assert_json '.process.argv == []'
		done
	done
}

@test "host: children that have their parent's number, in PID namespaces of their own" {
	need_root
	unshare -pf --mount-proc true 2> /dev/null || skip "cannot have a PID namespace here"
	local t dir=$BATS_TEST_TMPDIR/namespaces
	mkdir "$dir"
	unshare -pf --mount-proc env LD_PRELOAD="$(preload_library)" POOLTRACE_OUT="$dir/%p.trace" "$HOST/own_pids" > "$dir/out"
	assert_eq "$(cat "$dir/out")" "$(printf 'cloned child ended with 3\nforked child ended with 4')" "what it printed"
	for t in "$dir"/*.trace; do
		report_numbers --alone "$t"
		assert_json '.health.damaged_chunks == 0 and .health.lost_events == 0'
		json '"\(.process.exit_code) \(.totals.frees)"'
	done | sort > "$dir/ends"
	assert_eq "$(cat "$dir/ends")" "$(printf '0 300\n3 200\n4 400')" "exit codes and releases"
}
