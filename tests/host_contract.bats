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
	report_numbers "$TRACE"
	assert_json '.health.complete'
}

@test "host: address space below a limit, locked, and written to by mistake" {
	local way
	ENVIRONMENT=()
	for way in as beyond order; do
		host_same address_space $way
	done
	need_root
	chmod 755 "$BATS_TEST_TMPDIR"
	host_same address_space lock
	[ "$STATUS" != 77 ] || skip "cannot become another user here"
}
