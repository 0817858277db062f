# What the program sees of functions that we interpose: malloc's contract, and that of a few others.
load helpers/host

@test "host: errno is kept by each function, on success and on failure" {
	host_same errno_kept
}

@test "host: alignment, usable size, zero and huge sizes, failing realloc" {
	host_same contract
	assert_eq "$(grep -c ' of [0-9a-f]*: nothing, errno 12' "$OUT")" 54 "refusals of huge sizes"
	ledger_holds
	is_whole
	health '.failed_allocs >= 60'
}

@test "host: signals are blocked, and refused, as without us" {
	host_same signal_masks
	assert_eq "$(grep -c 'caught [0-9], ask 0, blocked 1' "$OUT")" 2 "masks told"
}

@test "host: no memory left" {
	host_same limit_as
	ledger_holds --prefix
	report "$TRACE"
	assert_json '.health.complete'
}
