# Control flow that is not call and return.
load helpers/host

stacks_are_whole() {
	health '.lost_events == 0 and .truncated_stacks == 0'
}

@test "host: handlers that interrupt our own hooks and allocate" {
	host_same signal_inside
	report_numbers "$TRACE"
	local lost
	lost=$(json .health.lost_events)
	# one event is two entries at most; what was counted as lost may be missing
	ledger_holds --unordered > "$BATS_TEST_TMPDIR/said" || true
	[ "$(sed -n 's/.* threads, \([0-9]*\) missing/\1/p' "$BATS_TEST_TMPDIR/said")" -le "$lost" ]
}

@test "host: handlers that leave our hooks by siglongjmp" {
	host_same signal_jump
	ledger_holds
}

@test "host: longjmp over callers" {
	host_same long_jump
	ledger_holds
	stacks_are_whole
	assert_json '[.sites[] | select(any(.frames[]; .function == "first_way"))] | map(.allocs) | add == 11000'
	assert_json '[.sites[] | select(any(.frames[]; .function == "second_way"))] | map(.allocs) | add == 6500'
}

@test "host: C++ exceptions" {
	host_same exceptions
	ledger_holds
	stacks_are_whole
}

@test "host: a C program's C++ plugin throws with its own unwinder" {
	host_same plugin_throws
	ledger_holds
	stacks_are_whole
}

@test "host: Rust panics" {
	need_rustc
	"$RUSTC" -O -g -o "$BATS_TEST_TMPDIR/panic" "$ROOT/targets/host/panic.rs"
	ENVIRONMENT=()
	assert_same_output "$BATS_TEST_TMPDIR/panic"
	stacks_are_whole
	assert_json '.totals.allocs > 10000'
}

@test "host: coroutines on stacks from the heap" {
	host_same coroutines
	ledger_holds
	health '.lost_events == 0'
}

@test "host: a stack switched by hand is marked as incomplete" {
	host_same hand_switched
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks > 0'
}

@test "host: memory above a stack goes away, and a stack is not aligned" {
	host_same stale_words
	ledger_holds
	health '.lost_events == 0'
}

@test "host: recursion 5,000 and 100,000 frames deep" {
	local depth
	for depth in 5000 100000; do
		host_same recursion $depth
		ledger_holds
		health '.lost_events == 0 and .truncated_stacks > 0'
		assert_json 'any(.sites[]; .frames[0].function == "descend" or any(.frames[]; .function == "main"))'
	done
}

@test "host: an allocation at each level of a deep recursion" {
	host_same recursion 20000 each
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks > 37000'
	report_numbers --top 4
	# one deep stack below each of the two, with both of its ends
	assert_json '[.sites[] | select(.allocs > 18000) | [.frames[].function] | [.[1], any(. == "below_aligned"), .[-1]]] |
		sort == [["each_level", false, "_start"], ["each_level", true, "_start"]]'
}

@test "host: code made at run time" {
	host_same jit
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks > 0'
	assert_json 'any(.sites[]; any(.frames[]; .function == "leaf"))'
}

@test "host: -O3 without frame pointers, then stripped" {
	host_same omit_fp
	ledger_holds
	stacks_are_whole
	need strip
	strip -s -o "$BATS_TEST_TMPDIR/stripped" "$HOST/omit_fp"
	HOST_COMMAND=$BATS_TEST_TMPDIR/stripped
	host_same stripped
	ledger_holds
	stacks_are_whole
}

@test "host: assembly that tells nothing, or lies" {
	host_same asm_caller
	ledger_holds
	health '.lost_events == 0'
}

@test "host: Node.js" {
	need node
	ENVIRONMENT=()
	assert_same_output node -e 'let a = []; for (let i = 0; i < 3e5; i++) a.push({i, s: "x" + i}); console.log(a.length, JSON.stringify(a).length)'
	health '.lost_events == 0'
	assert_json '.totals.allocs > 1000'
}

@test "host: a JVM" {
	need java
	ENVIRONMENT=()
	assert_same_output java -Xmx64m -XshowSettings:none -version
	health '.lost_events == 0'
	assert_json '.totals.allocs > 1000'
}
