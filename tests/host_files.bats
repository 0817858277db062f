# Descriptors, directories, disks: the program's files are its own, and a full disk is not its problem.
load helpers/host

@test "host: all descriptors closed: not one foreign byte in the program's files" {
	local how
	mkdir "$BATS_TEST_TMPDIR/own"
	for how in close_range closefrom loop; do
		host_same close_all $how "$BATS_TEST_TMPDIR/own"
		ledger_holds
		is_whole
	done
}

@test "host: descriptors closed by bare system calls, or replaced with dup2" {
	local how
	mkdir "$BATS_TEST_TMPDIR/own"
	for how in raw dup2; do
		host_same close_all $how "$BATS_TEST_TMPDIR/own"
		ledger_holds
		is_whole
	done
}

@test "host: started without standard descriptors" {
	local status=0
	LEDGER=$BATS_TEST_TMPDIR/ledger
	(
		ulimit -t 60 # `timeout` would open what is closed
		export LEDGER LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/%p.trace
		exec "$HOST/no_stdio" "$BATS_TEST_TMPDIR/own" 0>&- 1>&- 2>&-
	) || status=$?
	assert_eq $status 0 "exit code"
	assert_eq "$(< "$BATS_TEST_TMPDIR/own")" "descriptor 0" "the program's file"
	TRACES=("$BATS_TEST_TMPDIR"/*.trace)
	ledger_holds
}

@test "host: another directory, with a forked child there" {
	mkdir "$BATS_TEST_TMPDIR/away"
	host_same elsewhere chdir "$BATS_TEST_TMPDIR/away"
	n_traces 2
	ledger_holds
	[ -z "$(ls "$BATS_TEST_TMPDIR/away")" ]
}

@test "host: a default name stays in the directory where the process began" {
	mkdir "$BATS_TEST_TMPDIR/away" "$BATS_TEST_TMPDIR/home"
	(cd "$BATS_TEST_TMPDIR/home" && LD_PRELOAD=$(preload_library) "$HOST/elsewhere" chdir "$BATS_TEST_TMPDIR/away")
	assert_eq "$(ls "$BATS_TEST_TMPDIR/home" | grep -c '^pooltrace\.elsewhere\.[0-9]*\.trace$')" 2 "traces at home"
}

@test "host: chroot and another user: recording goes on" {
	need_root
	local how
	mkdir "$BATS_TEST_TMPDIR/away"
	for how in chroot setuid; do
		host_same elsewhere $how "$BATS_TEST_TMPDIR/away"
		TRACES=("$TRACE")
		health '.lost_events == 0'
		"$BUILD/tests/helpers/ledger_check" "$LEDGER" "${TRACES[@]}" > "$BATS_TEST_TMPDIR/said" || true
		# what is missing, if anything, is the child's alone
		never grep "^pid $PID " "$BATS_TEST_TMPDIR/said"
	done
}

# The report on a process that was refused a trace for what it started. $1: how many, $2: why
says_who_left_no_trace() {
	n_traces 1
	health '.lost_events == 0 and (.complete | not)'
	assert_json ".health.notes | any(startswith(\"$1 of the processes and programs\") and contains(\"$2\"))"
	"$POOLTRACE" report "$TRACE" > "$BATS_TEST_TMPDIR/text"
	tr -s ' \n' ' ' < "$BATS_TEST_TMPDIR/text" > "$BATS_TEST_TMPDIR/words"
	grep -q "$1 of the processes and programs that it started could leave no trace ($2" "$BATS_TEST_TMPDIR/words"
	"$POOLTRACE" info "$TRACE" > "$BATS_TEST_TMPDIR/info"
	never grep -q ', complete' "$BATS_TEST_TMPDIR/info"
}

@test "host: children and programs that may make no trace are counted in their parent's" {
	need_root
	mkdir "$BATS_TEST_TMPDIR/away"
	chmod 755 "$BATS_TEST_TMPDIR/away"
	host_same elsewhere setuid "$BATS_TEST_TMPDIR/away" then
	# a forked child; one that is executed at once; one that is executed, and was counted already as a child
	says_who_left_no_trace 3 "no permission where the traces go"
	host_same elsewhere chroot "$BATS_TEST_TMPDIR/away" then
	says_who_left_no_trace 2 "there is no such directory any more"
	chmod 755 "$BATS_TEST_TMPDIR"
	mkdir -m 755 "$BATS_TEST_TMPDIR/bin"
	cp "$HOST/churn" "$BATS_TEST_TMPDIR/bin/churn"
	ENVIRONMENT=()
	record setpriv --reuid 65534 --clear-groups "$BATS_TEST_TMPDIR/bin/churn" 1 100 # keeps its capabilities until the exec
	says_who_left_no_trace 1 "no permission where the traces go"
	host_same elsewhere chdir "$BATS_TEST_TMPDIR/away" then
	n_traces 5
	is_whole
}

# Runs the workload where POOLTRACE_OUT cannot be; nothing but the trace may be different.
same_without_trace() {
	ENVIRONMENT=()
	run_bare "$HOST/churn" 2 20000
	local out=$OUT err=$ERR
	ENVIRONMENT=(LD_PRELOAD="$(preload_library)" "$@")
	COMMAND=("$HOST/churn" 2 20000)
	run_command without
	ENVIRONMENT=()
	assert_eq "$STATUS" 0 "exit code"
	assert_same_file "$out" "$OUT" stdout
	assert_same_file "$err" "$ERR" stderr
}

@test "host: no such output directory, or a file in its place" {
	same_without_trace POOLTRACE_OUT="$BATS_TEST_TMPDIR/no/such/%p.trace"
	touch "$BATS_TEST_TMPDIR/file"
	same_without_trace POOLTRACE_OUT="$BATS_TEST_TMPDIR/file/%p.trace"
	same_without_trace POOLTRACE_OUT=/dev/full
	same_without_trace POOLTRACE_OUT="/$(printf 'x%.0s' {1..5000})"
	assert_eq "$(stat -c %s "$BATS_TEST_TMPDIR/file")" 0 "bytes in the file"
}

@test "host: started in a removed directory: no trace, and none elsewhere" {
	need_root # who else can write to where a trace could go wrong
	ls / > "$BATS_TEST_TMPDIR/before"
	mkdir "$BATS_TEST_TMPDIR/gone"
	(
		cd "$BATS_TEST_TMPDIR/gone" && rmdir "$BATS_TEST_TMPDIR/gone"
		LD_PRELOAD=$(preload_library) exec "$HOST/churn" 1 2000
	) > "$BATS_TEST_TMPDIR/out"
	assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "1 threads, $(sum_of 1 2000) bytes" stdout
	assert_same_file "$BATS_TEST_TMPDIR/before" <(ls /) "the root directory"
}

@test "host: output directory read-only" {
	need_root
	need_mounts
	unshare -m bash -eu <<-END
		mkdir -p "$BATS_TEST_TMPDIR/ro"
		mount -t tmpfs -o ro tmpfs "$BATS_TEST_TMPDIR/ro"
		LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/ro/%p.trace "$HOST/churn" 2 20000 > "$BATS_TEST_TMPDIR/out"
	END
	assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "2 threads, $(sum_of 2 20000) bytes" stdout
}

# The trace is valid up to the moment when the space ended, and the report does not call a leak what it
# could not see freed.
says_where_it_stopped() {
	TRACES=("$1") TRACE=$1
	ledger_holds --prefix
	report_numbers "$TRACE"
	assert_json '.health.complete == false and .health.lost_events > 0'
	assert_json '[.findings[]? | select(.kind == "leak")] == []'
	"$POOLTRACE" report "$TRACE" > "$BATS_TEST_TMPDIR/text"
	grep -qiE "$2" "$BATS_TEST_TMPDIR/text"
}

@test "host: a full disk of 1 MiB" {
	need_root
	need_mounts
	LEDGER=$BATS_TEST_TMPDIR/ledger
	unshare -m bash -eu <<-END
		mkdir -p "$BATS_TEST_TMPDIR/small"
		mount -t tmpfs -o size=1m tmpfs "$BATS_TEST_TMPDIR/small"
		LEDGER=$LEDGER LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/small/%p.trace \
			"$HOST/churn" 2 200000 > "$BATS_TEST_TMPDIR/out"
		cp "$BATS_TEST_TMPDIR"/small/*.trace "$BATS_TEST_TMPDIR/full.trace"
	END
	assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "2 threads, $(sum_of 2 200000) bytes" stdout
	says_where_it_stopped "$BATS_TEST_TMPDIR/full.trace" 'no space|disk|full'
}

@test "host: a limit of the file size does not kill the program" {
	(
		ulimit -f 700 # no ledger: it is a large file itself
		LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/%p.trace "$HOST/churn" 2 200000
	) > "$BATS_TEST_TMPDIR/out"
	assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "2 threads, $(sum_of 2 200000) bytes" stdout
	TRACE=$(echo "$BATS_TEST_TMPDIR"/*.trace)
	report_numbers "$TRACE"
	assert_json '.health.complete == false and .health.lost_events > 0 and .totals.allocs > 1000'
	[ "$(stat -c %s "$TRACE")" -le $((700 * 1024)) ]
}

@test "host: what was not freed when the recording stopped is no leak" {
	record error_path
	report_numbers
	assert_json '[.findings[] | select(.kind == "leak")] | length == 1'
	ENVIRONMENT=(POOLTRACE_MAX_SIZE=100k)
	record error_path
	report_numbers
	assert_json '.health.lost_events > 0 and .totals.live_blocks > 100'
	assert_json '[.findings[]? | select(.kind == "leak")] == []'
}

churn_in() {
	echo "LEDGER='$BATS_TEST_TMPDIR/ledger' LD_PRELOAD='$(preload_library)' POOLTRACE_OUT='$1/%p.trace' \
		'$HOST/churn' 2 200000 > '$BATS_TEST_TMPDIR/out'; cp '$1'/*.trace '$BATS_TEST_TMPDIR/copy.trace'"
}

@test "host: a file system without shared mappings: everything is recorded" {
	in_odd_fs -m "$(churn_in "$BATS_TEST_TMPDIR/odd")"
	assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "2 threads, $(sum_of 2 200000) bytes" stdout
	TRACES=("$BATS_TEST_TMPDIR/copy.trace") TRACE=$BATS_TEST_TMPDIR/copy.trace
	ledger_holds
	is_whole
}

# Children, ends, closed descriptors: what the mapping does elsewhere by itself must be written here.
@test "host: a file system without shared mappings: forks, ends and closed descriptors" {
	local run but
	mkdir "$BATS_TEST_TMPDIR/own" "$BATS_TEST_TMPDIR/copy"
	for run in fork_threads 'exec_chain 3' 'exits exit_in_thread' 'exits quick_exit' tls_destructors 'filtered kill' "close_all raw $BATS_TEST_TMPDIR/own"; do
		rm -f "$BATS_TEST_TMPDIR"/copy/*
		in_odd_fs -m "LEDGER='$BATS_TEST_TMPDIR/ledger' LD_PRELOAD='$(preload_library)' POOLTRACE_OUT='$BATS_TEST_TMPDIR/odd/%p.trace' \
			'$HOST'/$run > '$BATS_TEST_TMPDIR/out' || true; cp '$BATS_TEST_TMPDIR'/odd/*.trace '$BATS_TEST_TMPDIR/copy'"
		TRACES=("$BATS_TEST_TMPDIR"/copy/*.trace)
		but=
		# a thread that the exec ends, or a kill, has not written its last step; under a filter nothing is
		[[ "$run" != @(fork_threads|exec_chain*|filtered*) ]] || but=--prefix
		ledger_holds $but
	done
}

@test "host: a file system without shared mappings: a kill takes the last step of each thread" {
	local said
	LEDGER=$BATS_TEST_TMPDIR/ledger
	in_odd_fs -m "LEDGER='$LEDGER' '$BUILD/tests/helpers/kill_when' '$LEDGER' 500000 env LD_PRELOAD='$(preload_library)' \
		POOLTRACE_OUT='$BATS_TEST_TMPDIR/odd/%p.trace' '$HOST/churn' 2 0; cp '$BATS_TEST_TMPDIR'/odd/*.trace '$BATS_TEST_TMPDIR/copy.trace'"
	TRACES=("$BATS_TEST_TMPDIR/copy.trace") TRACE=$BATS_TEST_TMPDIR/copy.trace
	ledger_holds --killed --prefix
	health '.events > 1000 and (.complete | not) and (.notes | join(" ") | contains("steps of 512 bytes"))'
}

# A slow disk, a frozen file system, a network's: whoever must write waits, and nothing is given up.
@test "host: a file system that stands still for a while loses nothing, mapped or not" {
	local how
	for how in '-s 3' '-m -s 3'; do
		in_odd_fs "$how" "LEDGER='$BATS_TEST_TMPDIR/ledger' LD_PRELOAD='$(preload_library)' POOLTRACE_OUT='$BATS_TEST_TMPDIR/odd/%p.trace' \
			'$HOST/churn' 4 60000 > '$BATS_TEST_TMPDIR/out'; cp '$BATS_TEST_TMPDIR/odd'/*.trace '$BATS_TEST_TMPDIR/copy.trace'"
		assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "4 threads, $(sum_of 4 60000) bytes" stdout
		TRACES=("$BATS_TEST_TMPDIR/copy.trace") TRACE=$BATS_TEST_TMPDIR/copy.trace
		ledger_holds
		is_whole
		assert_json '.process.duration_ms >= 3000'
	done
}

@test "host: a quota: the trace is valid up to there, and says so" {
	in_odd_fs '-q 1000000' "$(churn_in "$BATS_TEST_TMPDIR/odd")"
	assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "2 threads, $(sum_of 2 200000) bytes" stdout
	says_where_it_stopped "$BATS_TEST_TMPDIR/copy.trace" 'no space'
	in_odd_fs '-q 1000' "LD_PRELOAD='$(preload_library)' POOLTRACE_OUT='$BATS_TEST_TMPDIR/odd/%p.trace' '$HOST/churn' 2 2000
		ls '$BATS_TEST_TMPDIR/odd'" > "$BATS_TEST_TMPDIR/none"
	assert_eq "$(< "$BATS_TEST_TMPDIR/none")" "2 threads, $(sum_of 2 2000) bytes" "output and directory"
	in_odd_fs '-m -q 1000000' "$(churn_in "$BATS_TEST_TMPDIR/odd")"
	says_where_it_stopped "$BATS_TEST_TMPDIR/copy.trace" 'no space'
}

# A file system that writes to other blocks than it has reserved: a store to a mapping may find no space.
@test "host: btrfs fills up, by quota or disk, behind what is written: no SIGBUS" {
	need_root
	need_mounts
	need mkfs.btrfs
	local how
	truncate -s 200M "$BATS_TEST_TMPDIR/image"
	mkdir "$BATS_TEST_TMPDIR/disk"
	for how in 'btrfs quota enable . && btrfs qgroup limit 4M s' true; do
		mkfs.btrfs -q -f "$BATS_TEST_TMPDIR/image" > /dev/null
		rm -f "$BATS_TEST_TMPDIR/ledger"
		LEDGER=$BATS_TEST_TMPDIR/ledger
		unshare -m bash -eu <<-END || { [ $? = 77 ] && skip "cannot mount btrfs"; }
			mount -o loop "$BATS_TEST_TMPDIR/image" "$BATS_TEST_TMPDIR/disk" || exit 77
			cd "$BATS_TEST_TMPDIR/disk" && btrfs -q subvolume create s && $how
			LEDGER=$LEDGER LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/disk/s/%p.trace 				"$HOST/disk_fills" s/filler > "$BATS_TEST_TMPDIR/out"
			cp s/*.trace "$BATS_TEST_TMPDIR/copy.trace"
		END
		assert_eq "$(< "$BATS_TEST_TMPDIR/out")" "went on" stdout
		TRACES=("$BATS_TEST_TMPDIR/copy.trace")
		ledger_holds --prefix
	done
}

@test "host: POOLTRACE_MAX_SIZE caps the trace" {
	EXTRA=(POOLTRACE_MAX_SIZE=1M)
	host_same churn 2 200000
	EXTRA=()
	[ "$(stat -c %s "$TRACE")" -le 1048576 ]
	[ "$(stat -c %s "$TRACE")" -gt 900000 ]
	says_where_it_stopped "$TRACE" 'POOLTRACE_MAX_SIZE|max'
}

@test "host: few descriptors" {
	local n
	for n in 16 64 100 900; do
		HOST_COMMAND=$BATS_TEST_TMPDIR/few
		printf '#!/bin/bash\nulimit %s %s\nexec "$@"\n' -n $n > "$HOST_COMMAND"
		chmod +x "$HOST_COMMAND"
		host_same few "$HOST/few_descriptors"
		health '.lost_events == 0'
	done
	# Not one is missing, whether the limit may be raised or not.
	for n in '-Sn 16' '-n 16' '-n 100'; do
		printf '#!/bin/bash\nulimit %s\nexec "$@"\n' "$n" > "$HOST_COMMAND"
		host_same few "$HOST/few_descriptors" all 20000
		TRACE=$(printf '%s\n' "${TRACES[@]}" | grep few_descriptors)
		health '.lost_events == 0'
		[ "$("$POOLTRACE" dump "$TRACE" | grep -c 'malloc .* size 32 ')" = 40000 ]
	done
	# While the program has them all, 16 chunks of records find room; then recording ends.
	host_same few "$HOST/few_descriptors" all 400000
	TRACE=$(printf '%s\n' "${TRACES[@]}" | grep few_descriptors)
	health '.lost_events > 0 and (.stopped | test("could not be reached"))'
}
