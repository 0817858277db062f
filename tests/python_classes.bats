# The class of each object block: none missed, none invented, on each CPython there is.

load helpers/common
load helpers/python

OBJECTS=${POOLTRACE_TEST_OBJECTS:-2500} # of each of eight classes

classes_exact() {
	local ENVIRONMENT=(POOLTRACE_STACKS=python)
	local counted=$BATS_TEST_TMPDIR/counted.json
	record "$1" "$ROOT/tests/python/classes.py" "$OBJECTS" "$counted" && report_numbers &&
		jq -e --slurpfile counted "$counted" '
			(reduce (.classes[] | select(.module == "__main__")) as $c ({}; .[$c.name] += $c.built)) as $built |
			$counted[0].built | to_entries | map(select($built[.key] != .value)) | . == []' "$REPORT" > /dev/null && return
	echo "built, as recorded: $(json '[.classes[] | select(.module == "__main__") | [.name, .built]]' | jq -c .)"
	echo "built, as counted:  $(jq -c .built "$counted")"
	return 1
}

@test "python classes: every object has its class" {
	each_python classes_exact
}

collected() {
	record "$1" -c 'import gc
class Node:
    def __init__(self): self.me = self
for i in range(3000): Node()
gc.collect()' && report_numbers &&
		assert_json '.classes[] | select(.name == "Node") | .built == 3000 and .freed == 3000 and .freed_in_gc == 3000'
}

@test "python classes: what the collector frees is marked" {
	each_python collected
}

reused_class() {
	record "$1" -c 'for i in range(300):
    C = type("Short%d" % (i % 3), (), {})
    for j in range(7): C()
    del C' && report_numbers --top 500 &&
		assert_json '[.classes[] | select(.name | startswith("Short")) | .built] | add == 2100'
}

@test "python classes: classes that die and whose addresses are used again" {
	each_python reused_class
}

# Every field that docs/report-json.md names for a class.
fields() {
	record "$1" -S "$ROOT/tests/python/lives.py" leave && report_numbers --top 300 || return
	assert_json '.classes[] | select(.name == "Kept") | .built == 40 and .freed == 0 and .live == 40' || return
	record "$1" "$ROOT/tests/python/lives.py" && report_numbers --top 300 || return
	assert_json '.classes | map(select(.module == "__main__") | {(.name): .}) | add as $c |
		([$c.Kept, $c.Dropped, $c.Cyclic] | map([.built, .freed, .freed_in_gc, .live, .peak_live])) ==
		[[40, 40, 0, 0, 40], [60, 60, 0, 0, 1], [50, 50, 50, 0, 50]]' ||
		{ json '.classes[] | select(.module == "__main__") | [.name, .built, .freed, .freed_in_gc, .live, .peak_live]' | jq -c; return 1; }
	assert_json '.classes[] | select(.name == "Kept") | .building_threads == 2 and .peak_live_one_thread == 20 and
		.instance_bytes >= 80 and .instance_bytes < 200 and .object_bytes.p50 >= 48 and .object_bytes.p50 < 200 and
		.owned_bytes.p50 >= 1001 and .owned_bytes.p50 < 1500 and
		(.sites | length >= 1 and ([.[].built] | add) == 40 and any(.[]; .function == "build" or (.function | test("listcomp"))))' &&
		assert_json '.classes[] | select(.name == "Kept") | .constructor | .counted == 40 and .events >= 1 and .bytes >= 24 and
			.time_ns.low >= 0 and .time_ns.high > 0 and .time_ns.low <= .time_ns.high' &&
		assert_json '.classes[] | select(.name == "Dropped") | .lifetime_ns | .p50 > 0 and .p50 <= .max' && return
	jq -c '.classes[] | select(.module == "__main__") | del(.sites)' "$REPORT"
	return 1
}

@test "python classes: lives, sizes, threads, sites and constructors" {
	each_python fields
}
