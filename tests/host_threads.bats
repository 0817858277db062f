# Threads: many, short, small, cancelled, left behind.
load helpers/host

@test "host: 1,000 threads at once" {
	host_same many_threads at_once 1000
	ledger_holds
	is_whole
}

@test "host: 20,000 threads at once need few mappings of ours" {
	[ "$(cat /proc/sys/vm/max_map_count)" -ge 45000 ] || skip "the kernel allows too few mappings for the program itself"
	[ "$(ulimit -u)" = unlimited ] || [ "$(ulimit -u)" -ge 30000 ] || skip "too few processes allowed"
	ENVIRONMENT=()
	host_same many_small 20000
	"$POOLTRACE" info "$TRACE" | grep '^health' > "$BATS_TEST_TMPDIR/health"
	never grep -E '[1-9][0-9]* lost' "$BATS_TEST_TMPDIR/health"
}

@test "host: threads one after another leave no memory behind" {
	host_same many_threads in_turn "$(by_scale 5000 100000)"
	ledger_holds
	is_whole
}

@test "host: threads on stacks of 16 KiB" {
	host_same small_stacks
	ledger_holds
	is_whole
}

@test "host: handlers on an alternate stack of 8 KiB" {
	host_same altstack
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks == 0'
}

@test "host: cancelled threads clean up" {
	host_same cancel
	ledger_holds
	is_whole
}

@test "host: detached threads still allocate when main returns" {
	host_same detached
	ledger_holds --killed
	health '.lost_events == 0'
}
