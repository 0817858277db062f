# One finding of each detector, from a trace that is written by hand: text, JSON and thresholds, to the byte.

bats_require_minimum_version 1.5.0
load helpers/common

# finding_report NAME OPTIONS...: a report on tests/traces/findings/NAME.txt with the prices of tests/traces/costs.txt,
# and with the options that the trace asks for in a line "# report: OPTIONS".
finding_report() {
	local name=$1 source=$ROOT/tests/traces/findings/$1.txt options
	shift
	read -ra options <<< "$(sed -n 's/^# report: //p' "$source")"
	cd "$BATS_TEST_TMPDIR"
	[ -f "$name.trace" ] || {
		sed "s,@APP@,$BUILD/tests/traces/app.so," "$source" > script
		"$BUILD/tests/helpers/mktrace" script "$name.trace"
	}
	"$POOLTRACE" report --no-replay --cost-table "$ROOT/tests/traces/costs.txt" \
		${options[@]+"${options[@]}"} "$@" "$name.trace"
}

# The sketch is left out: the text has it.
finding_json() {
	finding_report "$@" --format json --schema 1 | sed "s,$BUILD,BUILD," | jq --tab '[.findings[] | del(.sketch)]'
}

finding_names() {
	basename -s .txt "$ROOT"/tests/traces/findings/*.txt
}

@test "golden: the text of each detector's finding" {
	local name failed=
	for name in $(finding_names); do
		finding_report "$name" --all | sed -n '/^FINDINGS/,/^BY PLACE/p' |
			assert_golden "findings/$name.report" || failed+=" $name"
	done
	assert_eq "$failed" "" failed
}

@test "golden: the JSON of each detector's finding" {
	local name failed=
	for name in $(finding_names); do
		finding_json "$name" |
			assert_golden "findings/$name.json" || failed+=" $name"
	done
	assert_eq "$failed" "" failed
}

# changed RELATION VALUE: a value of the option that the finding still passes.
changed() {
	case $1 in
	'>=') awk -v v="$2" 'BEGIN { printf "%.10g", v * 0.9 }' ;;
	*) awk -v v="$2" 'BEGIN { printf "%.10g", v * 1.0005 + 0.0001 }' ;;
	esac
}

@test "evidence: a threshold is printed as it is in force" {
	local name option relation value other n=0
	cd "$BATS_TEST_TMPDIR"
	for name in $(finding_names); do
		while read -r option relation value; do
			other=$(changed "$relation" "$value")
			finding_json "$name" --set "$option=$other" > changed.json
			jq -e --arg t "$option $relation $other" \
				'any(.[].evidence[]; .threshold == $t)' changed.json > /dev/null || {
				echo "$name: $option set to $other, but evidence does not say '$option $relation $other'"
				return 1
			}
			n=$((n + 1))
		done < <(jq -r '.[].evidence[] | .threshold // empty' "$ROOT/tests/golden/findings/$name.json" | sort -u)
	done
	[ "$n" -ge 15 ]
}
