# Advice on __slots__: where it pays, where it does not, what stands in the way, and that it comes true.

load helpers/common
load helpers/pythons

of_slots() {
	verdicts slots_mixed_bad slots_mixed_fixed slots_point_bad slots_point_fixed slots_few
}

@test "slots: records with many attributes want slots, slotted and few ones do not" {
	on_pythons of_slots
}

of_pitfalls() {
	local name names=()
	for name in base weakref late varying shadow pickle dataclass json; do
		names+=("slots_${name}_bad" "slots_${name}_fixed")
	done
	names+=(slots_dataclass_base_bad)
	verdicts "${names[@]}"
}

@test "slots: the advice names what stands in the way; the fixed forms are left alone" {
	on_pythons of_pitfalls
}

of_made() {
	verdicts slots_tree_bad slots_made_bad slots_namedtuple_bad slots_attrs_bad slots_nodes_bad neg_descriptors
}

@test "slots: abstract, generic, registered, made at run time, named tuples, attrs; not where descriptors need a dictionary" {
	on_pythons of_made
}

of_ineffective() {
	verdicts slots_ineffective_bad slots_ineffective_fixed
}

@test "slots-ineffective: a base without slots is named; a mended one is not" {
	on_pythons of_ineffective
}

# ---- where it pays ----

# Fires exactly where the three thresholds are passed, by sizes measured outside of the tool.  (Nearly all
# of the peak is these instances with what they own: their share of it is that of one of them.)
check_size() {
	local n=$1 count=$2 before after fires
	read -r before after < <("$PYTHON" "$ROOT/tests/helpers/instance_bytes.py" "$n" 2000)
	record slots_mixed_bad "$n" "$count"
	report
	fires=$(json --argjson saved $(((before - after) * count)) \
		'if $saved < 1048576 or $saved < 0.08 * .totals.peak_live_bytes then "none" else "some" end')
	case $fires in
	none) assert_json '[.findings[] | select(.kind == "slots")] == []' ;;
	*) assert_json '[.findings[] | select(.kind == "slots")] | length == 1' &&
		assert_near before_bytes "$before" && assert_near after_bytes "$after" ;;
	esac || { echo "$n attributes, $count instances, $before and $after bytes"; return 1; }
	rm -f "${TRACES[@]}"
}

# Within 1 %.
assert_near() {
	local got
	got=$(json ".findings[] | select(.kind == \"slots\") | .evidence[] | select(.name == \"$1\") | .value")
	awk -v a="$got" -v b="$2" 'BEGIN { exit !(a - b <= 0.01 * b && b - a <= 0.01 * b) }' && return
	echo "$1 is $got, measured $2"
	return 1
}

of_sizes() {
	local n count
	if [ "${PYTHONS:-}" != all ]; then
		check_size 100 100 && check_size 10 10000 && check_size 30 10000 && check_size 1 200000
		return
	fi
	for n in 1 3 5 10 29 30 31 100; do
		for count in 100 10000 200000; do check_size "$n" "$count" || return 1; done
	done
}

@test "slots: fires where the saving passes the threshold, with sizes within 1 % of what tracemalloc measures" {
	on_newest of_sizes
}

of_matrices() {
	local edge
	"$PYTHON" -c 'import numpy' 2> /dev/null || { echo "no numpy" >> "$BATS_TEST_TMPDIR/without"; return 0; }
	echo ran >> "$BATS_TEST_TMPDIR/with"
	for edge in 4 10 20 50; do
		record slots_matrix "$((edge < 20 ? 3000 : 1000))" "$edge" 3
		report --explain MatrixHolder
		assert_json '[.findings[] | select(.kind == "slots" and .verdict != "none")] == []' || return 1
		assert_json '[.findings[] | select(.kind == "slots" and .verdict == "none" and .class == "MatrixHolder")]
			| length == 1' || return 1
		[ "$edge" -lt 20 ] || assert_json '[.findings[] | select(.kind == "slots") | .evidence[]
			| select(.name == "instance_share") | .value] | length == 1 and .[0] < 0.01' || return 1
		rm -f "${TRACES[@]}"
	done
}

@test "slots: a wrapper around matrices is left alone, and --explain says why" {
	PYTHONS=all on_pythons of_matrices
	[ -f "$BATS_TEST_TMPDIR/with" ] || skip "no interpreter has numpy"
}

# ---- predictions ----

# Predicted bytes an instance against those of the slotted form.
of_prediction() {
	local name class predicted
	while read -r name class; do
		record "slots_${name}_bad"
		report
		predicted=$(json '.findings[] | select(.kind | startswith("slots")) | .evidence[]
			| select(.name == "after_bytes") | .value')
		rm -f "${TRACES[@]}"
		record "slots_${name}_fixed"
		report
		assert_json ".classes[] | select(.name == \"$class\")
			| (.allocated_bytes / .built) as \$m | $predicted >= 0.99 * \$m and $predicted <= 1.01 * \$m" ||
			{ echo "$name: predicted $predicted"; return 1; }
		rm -f "${TRACES[@]}"
	done <<< "mixed WithSlots
point Point
base Marker
ineffective Sample
weakref Node
late Order
shadow Job
pickle Task
dataclass Trade"
}

@test "slots: predicted bytes are within 1 % of the slotted form's" {
	on_newest of_prediction
}

# The whole prediction, by the command that is made for it: one pair of each version.
of_verify() {
	local before=$BATS_TEST_TMPDIR/before.trace id status=0
	record slots_point_bad 60000
	report
	id=$(json '.findings[] | select(.kind == "slots") | .id')
	cp "$TRACE" "$before"
	record slots_point_fixed 60000
	"$POOLTRACE" verify --finding "$id" "$before" "$TRACE" || return 1
	"$POOLTRACE" verify --finding "$id" "$before" "$before" || status=$?
	assert_eq "$status" 3 "exit code of verify without the change" || return 1
	"$POOLTRACE" diff "$before" "$TRACE" > "$BATS_TEST_TMPDIR/diff" || true
	assert_match "$(< "$BATS_TEST_TMPDIR/diff")" "live at the peak .* -[0-9.]+ MiB"
}

@test "slots: verify and diff see the saving in the slotted form, and only there" {
	on_newest of_verify
}
