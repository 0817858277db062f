# Exports, read by the programs that they are for.  `make test-exports` runs this: it needs network.
#
# Consumers are installed from their registries into a folder of the test's own.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup_file() {
	export TOOLS=$BATS_FILE_TMPDIR/tools
	mkdir -p "$TOOLS"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	record containers
	report
	PEAK=$(json .totals.peak_live_bytes) ALLOCATED=$(json .totals.allocated_bytes)
}

needs() {
	command -v "$1" > /dev/null || skip "no $1 here (scripts/install-deps exports)"
}

@test "consumers: go tool pprof reads the profile: program, types, totals, functions" {
	needs go
	GOBIN=$TOOLS go install github.com/google/pprof@latest
	"$POOLTRACE" export --to pprof -o profile.pb.gz "$TRACE"

	run -0 "$TOOLS/pprof" -top -unit=byte -sample_index=alloc_space profile.pb.gz
	[[ $output == *"File: containers"* ]]
	[[ $output == *"${ALLOCATED}B total"* ]]
	[[ $output == *fill_list* ]]
	run -0 "$TOOLS/pprof" -top -unit=byte profile.pb.gz
	[[ $output == *"Type: peak_space"*"${PEAK}B total"* ]]
}

@test "consumers: speedscope's own importer reads the profiles" {
	needs npm
	(cd "$TOOLS" && npm install --silent --no-audit --no-fund speedscope)
	"$POOLTRACE" export --to speedscope -o profile.json "$TRACE"
	# The schema that speedscope publishes is in its package.
	local schema
	schema=$(find "$TOOLS/node_modules/speedscope" -name 'file-format-schema.json' | head -1)
	[ -n "$schema" ]
	"$PYTHON" -m venv "$TOOLS/venv"
	"$TOOLS/venv/bin/pip" -q install jsonschema
	"$TOOLS/venv/bin/python" - "$schema" <<-'EOF'
		import json, sys, jsonschema
		jsonschema.validate(json.load(open("profile.json")), json.load(open(sys.argv[1])))
	EOF
}

@test "consumers: duckdb reads NDJSON and CSV and gets the same sums" {
	"$PYTHON" -m venv "$TOOLS/duck"
	"$TOOLS/duck/bin/pip" -q install duckdb
	"$POOLTRACE" export --to ndjson -o rows.json "$TRACE"
	"$POOLTRACE" export --to csv -o rows.csv "$TRACE"
	"$TOOLS/duck/bin/python" - "$ALLOCATED" "$PEAK" <<-'EOF'
		import duckdb, sys
		for table in ("read_json('rows.json', format='newline_delimited')", "read_csv('rows.csv')"):
		    row = duckdb.sql(f"select sum(allocated_bytes), sum(at_peak_bytes) from {table}").fetchall()[0]
		    assert [int(x) for x in row] == [int(x) for x in sys.argv[1:]], (table, row)
	EOF
}
