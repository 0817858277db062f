# Fork, exec and what else makes or replaces processes: one right trace each.

load helpers/common

# The report of one trace in the field REPORT.
report_of() {
	report_numbers "$1"
}

site_allocs() {
	json --arg f "$1" '[.sites[] | select(any(.frames[]; .function == $f)) | .allocs] | add // 0'
}

@test "processes: a forked child writes its own trace, linked to its parent" {
	record fork_child
	assert_eq "${#TRACES[@]}" 2 "number of traces"
	report_numbers
	check_expectations fork_child
	local parent child
	parent=$TRACE
	for child in "${TRACES[@]}"; do [ "$child" = "$parent" ] || break; done
	report_numbers "$child"
	assert_eq "$(json .process.parent_pid)" "$PID" "the child's parent"
	assert_eq "$(site_allocs in_child)" 5 "allocations of the child"
	assert_eq "$(site_allocs in_parent)" 0 "allocations of the parent in the child's trace"
	assert_eq "$(json .process.exit_code)" 3 "exit code of the child"
}

@test "processes: a forked child's frees of inherited blocks are no anomaly" {
	record fork_child
	local child
	for child in "${TRACES[@]}"; do [ "$child" = "$TRACE" ] || break; done
	report_numbers "$child"
	assert_json '.health.lost_events == 0'
	assert_json '.totals.live_blocks >= 5'
}

@test "processes: each program of a chain of execs has its own trace" {
	record exec_chain
	assert_eq "$STATUS" 5 "exit code"
	local t counts=
	for t in "${TRACES[@]}"; do
		report_numbers "$t"
		counts+="$(site_allocs in_step) "
	done
	counts=$(tr ' ' '\n' <<< "$counts" | sort -n | grep -v -e '^0$' -e '^$' | tr '\n' ' ')
	assert_eq "$counts" "10 20 30 " "allocations of the three programs"
}
