# The class of each object block: none missed, none invented, on each CPython there is.

load helpers/common
load helpers/python

OBJECTS=${POOLTRACE_TEST_OBJECTS:-2500} # of each of eight classes

classes_exact() {
	local ENVIRONMENT=(POOLTRACE_STACKS=python)
	local counted=$BATS_TEST_TMPDIR/counted.json
	record "$1" "$ROOT/tests/python/classes.py" "$OBJECTS" "$counted" && report --no-replay &&
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
gc.collect()' && report &&
		assert_json '.classes[] | select(.name == "Node") | .built == 3000 and .freed == 3000 and .freed_in_gc == 3000'
}

@test "python classes: what the collector frees is marked" {
	each_python collected
}

reused_class() {
	record "$1" -c 'for i in range(300):
    C = type("Short%d" % (i % 3), (), {})
    for j in range(7): C()
    del C' && report --top 500 &&
		assert_json '[.classes[] | select(.name | startswith("Short")) | .built] | add == 2100'
}

@test "python classes: classes that die and whose addresses are used again" {
	each_python reused_class
}
