# The fleet's questions in DuckDB, ClickHouse and Spark over the same files.  `make test-fleet` runs this: it needs network, and
# Java for Spark.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup_file() {
	export FLEET=$BATS_FILE_TMPDIR/fleet
	mkdir -p "$FLEET"
	"$PYTHON" -m venv "$FLEET/venv"
	"$FLEET/venv/bin/pip" -q install duckdb chdb pyspark
	"$ROOT/scripts/fleet-demo" -n 40 -o "$FLEET" > "$FLEET/demo"
}

ask() {
	"$FLEET/venv/bin/python" "$ROOT/docs/fleet/query.py" "$1" "$FLEET"/rows.*.parquet -- "$ROOT"/docs/fleet/*.sql
}

@test "fleet: the demo answers every question" {
	local query
	for query in "$ROOT"/docs/fleet/*.sql; do
		grep -qF "## ${query##*/}" "$FLEET/demo"
	done
	# What version 1.1 of the service does worse, and where it leaks; both hold on each host.
	sed -n '/^## regression.sql/,/^## /p' "$FLEET/demo" | grep -q $'\t1.0\t1.1\t.*\tbody_copy\t'
	assert_eq "$(sed -n '/^## leaks.sql/,/^## /p' "$FLEET/demo" | grep -c $'^requests\t1.1\t.*\treply_new\t')" 10 "hosts with the leak"
	[ "$(sed -n '/^## leaks.sql/,/^## /p' "$FLEET/demo" | grep -c $'\t1.0\t')" = 0 ]
	sed -n '/^## pool_candidates.sql/,/^## /p' "$FLEET/demo" | grep -q $'\tfield_new\t10\t'
}

@test "fleet: ClickHouse gives DuckDB's answers" {
	ask duckdb > duckdb
	ask clickhouse > clickhouse
	[ "$(wc -l < duckdb)" -ge 15 ]
	diff duckdb clickhouse
}

@test "fleet: Spark gives DuckDB's answers" {
	need java
	ask duckdb > duckdb
	ask spark > spark 2> errors || { tail errors; return 1; }
	diff duckdb spark
}

@test "fleet: rows of hosts add up to what the processes allocated" {
	local want got
	want=$(for t in "$FLEET"/traces/*.trace; do "$POOLTRACE" report --no-replay --format json --schema 1 "$t" | jq .totals.allocated_bytes; done | awk '{ n += $1 } END { print n }')
	got=$("$FLEET/venv/bin/python" -c 'import duckdb, sys; print(int(duckdb.sql(f"select sum(allocated_bytes) from read_parquet({sys.argv[1:]!r})").fetchall()[0][0]))' "$FLEET"/rows.*.parquet)
	assert_eq "$got" "$want" bytes
}
