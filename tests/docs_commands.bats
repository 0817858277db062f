# What is documented is what there is.

bats_require_minimum_version 1.5.0
load helpers/common

commands() {
	"$POOLTRACE" help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

@test "docs: each command that reads or writes traces has a manual page that names all of its options" {
	local c o page n=0
	for c in $(commands); do
		case $c in help | version) continue ;; esac
		page=$ROOT/docs/man/pooltrace-$c.1
		[ -f "$page" ] || { echo "no manual page of $c"; return 1; }
		grep -q "pooltrace..$c" "$ROOT/docs/man/pooltrace.1" || { echo "pooltrace.1 does not name $c"; return 1; }
		for o in $("$POOLTRACE" help "$c" | sed -n 's/^  \(    \|-., \)--\([a-z-]*\).*/\2/p'); do
			sed 's/\\//g' "$page" | grep -q -e "--$o" || { echo "the page of $c does not name --$o"; return 1; }
			n=$((n + 1))
		done
	done
	[ $n -ge 15 ]
}

@test "docs: the JSON's keys are documented" {
	local key missing=()
	cd "$BATS_TEST_TMPDIR"
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/python.txt" python.trace
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/basic.txt" basic.trace
	"$POOLTRACE" report --no-replay --format json python.trace basic.trace > report.json
	for key in $(jq -r '[paths | map(strings)] | flatten | unique[]' report.json); do
		grep -q "[\`\"]$key[\`\"]" "$ROOT/docs/report-json.md" || missing+=("$key")
	done
	[ ${#missing[@]} = 0 ] || { echo "not in docs/report-json.md: ${missing[*]}"; return 1; }
}
