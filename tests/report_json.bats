# JSON schema 2: the documented layout, and the same numbers and stacks as schema 1.

bats_require_minimum_version 1.5.0
load helpers/common

# The report of the recorded traces in both schemas, compared.
check_json() {
	local dir=$BATS_TEST_TMPDIR
	"$POOLTRACE" report --no-replay --only leak --format json "$@" > "$dir/two.json"
	"$POOLTRACE" report --no-replay --only leak --format json --schema 1 --top 100000000 "$@" > "$dir/one.json"
	/usr/bin/python3 "$ROOT/tests/helpers/json2_check.py" "$ROOT/docs/report.schema.json" "$dir/two.json" "$dir/one.json"
}

need_jsonschema() {
	/usr/bin/python3 -c 'import jsonschema' 2> /dev/null || skip "python3-jsonschema is not installed"
}

@test "json 2: native programs" {
	need_jsonschema
	local name
	for name in log_writer node_churn blocks_fixed threads_churn tree_half_freed; do
		target_source $name > /dev/null || continue
		record $name
		check_json "$TRACE" || { echo "of $name"; return 1; }
	done
}

@test "json 2: a Python program, its imports and its start" {
	need_jsonschema
	record "$PYTHON" -c 'import json.decoder, decimal; x = [decimal.Decimal(i) for i in range(1000)]'
	check_json "$TRACE"
	jq -e 'any(.strings[]; . == "[interpreter start-up]")' "$BATS_TEST_TMPDIR/two.json"
	jq -e 'any(.strings[]; . == "import json.decoder")' "$BATS_TEST_TMPDIR/two.json"
}

@test "json 2: several processes" {
	need_jsonschema
	record bash -c "'$BUILD/targets/c/blocks_fixed'; true"
	check_json "${TRACES[@]}"
	jq -e '.together.processes == (.others | length) + 1' "$BATS_TEST_TMPDIR/two.json"
}

@test "json 2: columns of one value and of few values are short" {
	cd "$BATS_TEST_TMPDIR"
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/basic.txt" basic.trace
	"$POOLTRACE" report --no-replay --only leak --format json basic.trace > report.json
	jq -e '.sites.n == 3 and (.sites.live_bytes | .values == [100] and (.rows | length) == 1)' report.json
	jq -e '.sites.thread | type == "number"' report.json
}

@test "json 2: confidential leaves arguments, directories and the host out" {
	record "$PYTHON" -c 'import sys; x = [str(i) for i in range(1000)]' secret-argument
	"$POOLTRACE" report --no-replay --only leak --format json --confidential "$TRACE" > "$BATS_TEST_TMPDIR/report.json"
	run ! grep -qE "secret-argument|$BATS_TEST_TMPDIR|\"host\"" "$BATS_TEST_TMPDIR/report.json"
	jq -e '.process | has("argv") or has("cwd") | not' "$BATS_TEST_TMPDIR/report.json"
	jq -e '[.strings[], .modules[].path] | any(.[]; test("^/")) | not' "$BATS_TEST_TMPDIR/report.json"
}

@test "json 2: there are two schemas" {
	record blocks_fixed
	run -2 --separate-stderr "$POOLTRACE" report --format json --schema 3 "$TRACE"
	assert_match "$stderr" "no schema '3'"
}
