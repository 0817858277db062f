# What the targets state about their own sites and totals is what the report says.

load helpers/common

@test "counts: two sites, one freed, one kept" {
	expect_target blocks_fixed
}

@test "counts: calloc counts the product and a refused one not at all" {
	expect_target calloc_table
}

@test "counts: a realloc ends the old block and begins the new one" {
	expect_target realloc_growth
}

@test "counts: a refused realloc keeps the block" {
	expect_target realloc_refused
}

@test "counts: the aligned entry points" {
	expect_target aligned_family
}

@test "counts: zero sizes, realloc to zero, free of nothing" {
	expect_target zero_sizes
}

@test "counts: requested bytes, not usable ones" {
	expect_target usable_size
}

@test "counts: temporary blocks and overlapping ones" {
	expect_target lifetimes
}

@test "counts: a tree half freed" {
	expect_target tree_half_freed
}

@test "counts: the C library's own allocations" {
	expect_target libc_inside
}

@test "counts: blocks handed from thread to thread" {
	expect_target threads_handover
	assert_json '[.sites[] | select(.allocs == 20000)] | length == 1'
	assert_json '.sites[] | select(.allocs == 20000) | .cross_thread_frees_share > 0.99 or .cross_thread_frees == 20000'
}

@test "counts: threads that take turns, and are given each other's addresses" {
	expect_target threads_turns
}

@test "counts: threads that hand blocks on, in pages that both touch" {
	expect_target threads_pages
}

@test "counts: eight threads" {
	expect_target threads_private
}

@test "counts: constructors, destructors, atexit handlers" {
	expect_target constructors
}

@test "counts: C23's sized frees are frees" {
	expect_target sized_free
}

@test "counts: anonymous mappings are reserved, not live" {
	expect_target reserved_mmap
}

@test "counts: stacks are complete to 1024 frames, then cut and counted" {
	expect_target deep_recursion
}

@test "counts: a plug-in opened and closed" {
	expect_target opens_plugin
}

@test "counts: sums of the sites equal the totals" {
	record tree_half_freed
	report_numbers --top 100000
	assert_json '([.sites[].allocs] | add) == .totals.allocs'
	assert_json '([.sites[].frees] | add) == .totals.frees'
	assert_json '([.sites[].allocated_bytes] | add) == .totals.allocated_bytes'
	assert_json '([.sites[].live_bytes] | add) == .totals.live_bytes'
	assert_json '([.sites[].live_blocks] | add) == .totals.live_blocks'
}
