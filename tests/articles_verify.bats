# Each finding's prediction held to account: the fixed form passes, the unchanged program does not.

load helpers/common
load helpers/pythons

BEFORE=$BATS_TEST_TMPDIR/before.trace

# verify of the finding against a trace exits with that.
verify_exits() { # STATUS ID AFTER WHAT
	local status=0
	"$POOLTRACE" verify --finding "$2" "$BEFORE" "$3" > "$BATS_TEST_TMPDIR/verify" 2>&1 || status=$?
	assert_eq "$status" "$1" "exit code of verify for $4" || { cat "$BATS_TEST_TMPDIR/verify"; return 1; }
}

# One row: kind, faulty form, fixed form; arguments for both.
check_row() {
	local kind=$1 bad=$2 id
	shift 2
	record "$bad" "${@:2}"
	report
	id=$(json --arg kind "$kind" '[.findings[] | select(.kind == $kind) | .id][0]')
	mv "$TRACE" "$BEFORE"
	verify_exits 3 "$id" "$BEFORE" "$bad unchanged" || return 1
	record "$@"
	verify_exits 0 "$id" "$TRACE" "$bad and $*" || return 1
	"$POOLTRACE" diff "$BEFORE" "$TRACE" > "$BATS_TEST_TMPDIR/diff"
	assert_match "$(< "$BATS_TEST_TMPDIR/diff")" 'live at the peak ' || return 1
	rm -rf "$BATS_TEST_TMPDIR"/traced* "$BEFORE"
}

of_rows() {
	local kind bad fixed failed=0
	while read -r kind bad fixed; do
		# shellcheck disable=SC2086
		check_row $kind $bad $fixed || { failed=1; echo "$kind: $bad, $fixed"; }
	done
	[ $failed = 0 ]
}

of_some() {
	of_rows <<- END
		retained-by-cache cache_method_bad cache_class_fixed
		class-level-growth api_wrapper_bad api_wrapper_init_fixed
		pinned-by-bound-method method_queue_bad method_queue_static_fixed
		pinned-by-bound-method method_registry_bad method_registry_fixed
		pinned-by-bound-method method_registry_bad method_registry_fixed 8 12
		incomplete-close pool_close_bad pool_close_fixed
	END
}

@test "verify: the fixed form retains less by as much as predicted, and only the fixed form does" {
	on_newest of_some
}

# Into LOW: bytes that a finding of a kind saves at least.
find_low() { # KIND TARGET
	record "$2"
	report
	LOW=$(json --arg kind "$1" '[.findings[] | select(.kind == $kind) | .prediction.live_bytes_saved.low][0]')
}

of_lower_bounds() {
	local kind bad
	while read -r kind bad; do
		find_low "$kind" "$bad"
		awk -v low="$LOW" 'BEGIN { exit !(low >= 100000) }' || { echo "$kind: $bad saves at least $LOW"; return 1; }
	done <<- END
		retained-by-cache cache_method_bad
		class-level-growth api_wrapper_bad
		pinned-by-bound-method method_queue_bad
		pooled-state-growth pool_growth_bad
		incomplete-close pool_close_bad
	END
	# A single object, which the peak may need: the report says so.
	find_low pinned-by-bound-method method_registry_bad
	assert_eq "$LOW" 0 "saved by a registry at least" || return 1
	assert_match "$(json '.findings[] | select(.kind == "pinned-by-bound-method") | .advice')" 'nothing is saved there'
}

@test "verify: what is saved at least is more than nothing, but for a single object that the peak needs" {
	on_newest of_lower_bounds
}

# Those that other tests verify by the way, or that take long.
of_others() {
	of_rows <<- END
		slots slots_mixed_bad slots_mixed_fixed
		slots slots_point_bad slots_point_fixed
		slots slots_base_bad slots_base_fixed
		slots slots_weakref_bad slots_weakref_fixed
		slots slots_late_bad slots_late_fixed
		slots slots_varying_bad slots_varying_fixed
		slots slots_shadow_bad slots_shadow_fixed
		slots slots_pickle_bad slots_pickle_fixed
		slots slots_dataclass_bad slots_dataclass_fixed
		slots-ineffective slots_ineffective_bad slots_ineffective_fixed
		retained-by-cache cache_method_bad cache_static_fixed
		retained-by-cache cache_method_bad cache_instance_fixed
		retained-by-cache cache_method_bounded_bad cache_class_fixed 2000 2000
		retained-by-cache cache_method_bounded_bad cache_static_fixed 2000 2000
		class-level-growth api_wrapper_bad api_wrapper_local_fixed
		pinned-by-bound-method method_queue_bad method_queue_data_fixed
		bound-methods method_churn method_direct
		pool service_bad service_shared_pool
		pool service_bad service_pooled
		pool pool_store_bad pool_store_fixed
		pooled-state-growth pool_growth_bad pool_growth_fixed
	END
}

@test "verify: every other kind and form" {
	[ "${PYTHONS:-}" = all ] || skip "make test-articles"
	on_pythons of_others
}
