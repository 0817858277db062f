# Exports, read by the programs that they are for.  `make test-exports` runs this: it needs network.
#
# Consumers are installed from their registries into a folder of the test's own.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup_file() {
	export TOOLS=$BATS_FILE_TMPDIR/tools
	mkdir -p "$TOOLS"
	"$PYTHON" -m venv "$TOOLS/venv"
	"$TOOLS/venv/bin/pip" -q install duckdb pyarrow polars jsonschema opentelemetry-proto gprof2dot xmlschema
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	record containers
	report
	PEAK=$(json .totals.peak_live_bytes) ALLOCATED=$(json .totals.allocated_bytes)
	ALLOCS=$(json .totals.allocs) LIVE=$(json .totals.live_bytes)
}

needs() {
	command -v "$1" > /dev/null || skip "no $1 here (scripts/install-deps exports)"
}

python() {
	"$TOOLS/venv/bin/python" "$@"
}

@test "consumers: go tool pprof reads the profile: program, build id, types, totals, functions" {
	needs go
	GOBIN=$TOOLS go install github.com/google/pprof@latest
	"$POOLTRACE" export --to pprof -o profile.pb.gz "$TRACE"

	run -0 "$TOOLS/pprof" -top -unit=byte -sample_index=alloc_space profile.pb.gz
	[[ $output == *"File: containers"* ]]
	[[ $output == *"Build ID: $(readelf -n "$BUILD/targets/cxx/containers" | sed -n 's/.*Build ID: //p')"* ]]
	[[ $output == *"${ALLOCATED}B total"* ]]
	[[ $output == *fill_list* ]]
	run -0 "$TOOLS/pprof" -top -unit=byte profile.pb.gz
	[[ $output == *"Type: peak_space"*"${PEAK}B total"* ]]
	# A profile compared with itself leaves nothing.
	run -0 "$TOOLS/pprof" -top -diff_base profile.pb.gz profile.pb.gz
	[[ $output == *"nodes accounting for 0, 0%"* ]]
}

@test "consumers: inferno draws the folded stacks" {
	needs cargo
	cargo install --quiet --root "$TOOLS" inferno
	"$POOLTRACE" export --to folded -m allocated "$TRACE" | "$TOOLS/bin/inferno-flamegraph" > out.svg
	grep -q "fill_list(containers.cc:" out.svg
	grep -q "$(sed ':a;s/\B[0-9]\{3\}\>/,&/;ta' <<< "$ALLOCATED") samples, 100" out.svg
}

@test "consumers: speedscope's published schema holds for the profiles" {
	needs npm
	(cd "$TOOLS" && npm install --silent --no-audit --no-fund speedscope)
	"$POOLTRACE" export --to speedscope -o profile.json "$TRACE"
	# The schema that speedscope publishes is in its package.
	local schema
	schema=$(find "$TOOLS/node_modules/speedscope" -name 'file-format-schema.json' | head -1)
	[ -n "$schema" ]
	python - "$schema" <<-'X'
		import json, sys, jsonschema
		jsonschema.validate(json.load(open("profile.json")), json.load(open(sys.argv[1])))
	X
}

@test "consumers: heaptrack_print finds the totals" {
	needs heaptrack_print
	"$POOLTRACE" export --to heaptrack -o out "$TRACE"
	run -0 heaptrack_print out
	[[ $output == *"calls to allocation functions: $ALLOCS "* && $output == *fill_list* ]]
}

@test "consumers: gprof2dot draws callgrind's file" {
	"$POOLTRACE" export --to callgrind -o out "$TRACE"
	run -0 "$TOOLS/venv/bin/gprof2dot" -f callgrind out
	[[ $output == *digraph* && $output == *fill_list* ]]
}

@test "consumers: OpenTelemetry's messages load, and each profile has the total" {
	"$POOLTRACE" export --to otlp -o out "$TRACE"
	python - "$ALLOCS" "$ALLOCATED" "$LIVE" "$PEAK" <<-'X'
		import sys
		from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData
		data = ProfilesData()
		data.ParseFromString(open("out", "rb").read())
		d = data.dictionary
		assert d.string_table[0] == "" and d.mapping_table[0].filename_strindex == 0
		totals = {}
		for profile in data.resource_profiles[0].scope_profiles[0].profiles:
		    name = d.string_table[profile.sample_type.type_strindex]
		    totals[name] = sum(v for s in profile.samples for v in s.values)
		    for s in profile.samples:
		        for i in d.stack_table[s.stack_index].location_indices:
		            location = d.location_table[i]
		            assert d.string_table[d.function_table[location.lines[0].function_index].name_strindex]
		assert [totals[k] for k in ("alloc_objects", "alloc_space", "inuse_space", "peak_space")] == [int(x) for x in sys.argv[1:]], totals
		assert "fill_list" in d.string_table
	X
}

@test "consumers: the collector's own Go library reads the OTLP profile" {
	needs go
	"$POOLTRACE" export --to otlp -o out "$TRACE"
	mkdir reader
	cat > reader/main.go <<-'X'
		package main

		import (
			"fmt"
			"os"

			"go.opentelemetry.io/collector/pdata/pprofile"
		)

		func main() {
			bytes, _ := os.ReadFile(os.Args[1])
			var u pprofile.ProtoUnmarshaler
			p, err := u.UnmarshalProfiles(bytes)
			if err != nil {
				panic(err)
			}
			fmt.Println("samples", p.SampleCount() > 0, "profiles", p.ResourceProfiles().At(0).ScopeProfiles().At(0).Profiles().Len())
		}
	X
	(cd reader && go mod init reader && go get go.opentelemetry.io/collector/pdata/pprofile@latest && go build -o reader .) > log 2>&1 ||
		{ tail -5 log; return 1; }
	run -0 reader/reader out
	[[ $output == "samples true profiles 6" ]]
}

@test "consumers: duckdb, pyarrow and polars read the tables and get the same sums" {
	"$POOLTRACE" export --to ndjson -o rows.json "$TRACE"
	"$POOLTRACE" export --to csv -o rows.csv "$TRACE"
	"$POOLTRACE" export --to parquet -o rows.parquet "$TRACE" "$TRACE"
	python - "$ALLOCATED" "$PEAK" <<-'X'
		import sys, duckdb, polars, pyarrow.parquet
		want = [int(x) for x in sys.argv[1:]]
		for table, times in (("read_json('rows.json', format='newline_delimited')", 1), ("read_csv('rows.csv')", 1), ("'rows.parquet'", 2)):
		    row = duckdb.sql(f"select sum(allocated_bytes), sum(at_peak_bytes) from {table}").fetchall()[0]
		    assert [int(x) for x in row] == [times * x for x in want], (table, row)
		arrow = pyarrow.parquet.read_table("rows.parquet")
		assert sum(arrow["allocated_bytes"].to_pylist()) == 2 * want[0]
		assert polars.read_parquet("rows.parquet")["at_peak_bytes"].sum() == 2 * want[1]
		assert arrow.schema.names == list(polars.read_csv("rows.csv").columns)
	X
}

@test "consumers: hostile names survive the tables and protocol buffers" {
	cat > hostile.txt <<-'X'
		process /opt/app app
		code /src/a";b.py <x>&"|' 1
		code /src/ü€.py naïve😀 2
		pyframe 1 1
		pyframe 2 2
		stack 1 2
		at 1000
		malloc 0x10000 100 1
		end exit 0 2000
	X
	"$BUILD/tests/helpers/mktrace" hostile.txt hostile.trace
	for f in ndjson csv parquet otlp pprof; do "$POOLTRACE" export --to $f -o rows.$f hostile.trace; done
	python - <<-'X'
		import duckdb, gzip
		for table in ("read_json('rows.ndjson', format='newline_delimited')", "read_csv('rows.csv')", "'rows.parquet'"):
		    assert duckdb.sql(f"select function, stack from {table}").fetchall() == [("naïve😀", "naïve😀 (ü€.py) < <x>&\"|' (a\";b.py)")], table
		for blob in (open("rows.otlp", "rb").read(), gzip.open("rows.pprof").read()):
		    assert "naïve😀".encode() in blob and b"<x>&\"|'" in blob
	X
}

@test "consumers: Microsoft's multitool finds the SARIF of check valid" {
	needs npm
	(cd "$TOOLS" && npm install --silent --no-audit --no-fund @microsoft/sarif-multitool)
	run -3 "$POOLTRACE" check --max-leaked 1 --max-allocs fill_list=1 --sarif out.sarif --junit out.xml "$TRACE"
	run -0 "$TOOLS/node_modules/.bin/sarif-multitool" validate out.sarif
	[[ $output != *error* && $output == *"Analysis completed successfully"* ]]
}

@test "consumers: 150,000 stacks fit every format" {
	cat > many.c <<-'X'
		#include <stdlib.h>
		static void left(unsigned depth, unsigned bits), right(unsigned depth, unsigned bits);
		static void *volatile kept;
		static __attribute__((noinline)) void go(unsigned depth, unsigned bits)
		{
			if (!depth) kept = malloc(16 + bits % 100);
			else if (bits & 1) left(depth - 1, bits >> 1);
			else right(depth - 1, bits >> 1);
			__asm__ volatile("");
		}
		static __attribute__((noinline)) void left(unsigned depth, unsigned bits) { go(depth, bits); __asm__ volatile(""); }
		static __attribute__((noinline)) void right(unsigned depth, unsigned bits) { go(depth, bits); __asm__ volatile(""); }
		int main(void) { for (unsigned i = 0; i < 150000; i++) go(18, i); }
	X
	gcc -g -O1 -fno-optimize-sibling-calls -o many many.c
	record "$PWD/many"
	local f
	for f in pprof folded speedscope dhat massif callgrind heaptrack otlp ndjson csv parquet; do
		/usr/bin/time -f "$f: %U s, %M KiB" "$POOLTRACE" export --to $f -o out "$TRACE" 2>&1 | tee -a cost >&3
	done
	# Memory repeats, time does not: it is printed.
	awk '$4 > 520000 { print; bad = 1 } END { exit bad }' cost
	[ "$(wc -l < cost)" = 11 ]
}
