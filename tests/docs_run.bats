# The commands in the tutorial and the cookbook are run, block by block, as they stand.

bats_require_minimum_version 1.5.0
load helpers/common

# Runs the blocks marked `sh` of a page in one directory.
run_blocks() {
	local page=$ROOT/docs/$1
	cd "$BATS_TEST_TMPDIR"
	ln -s "$BUILD" build
	ln -s "$ROOT/targets" targets
	{ echo 'set -e'; awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$page"; } > blocks
	[ "$(wc -l < blocks)" -ge "$2" ]
	mkdir bin
	ln -s "$POOLTRACE" bin/pooltrace
	ln -s "$PYTHON" bin/python3
	PATH=$BATS_TEST_TMPDIR/bin:$PATH timeout -k 5 "$LIMIT_SECONDS" bash blocks > output 2> errors ||
		{ cat errors; tail -20 output; return 1; }
}

@test "docs: the tutorial's commands run, and the findings that it names are there" {
	run_blocks tutorial.md 10
	grep -q 'WIN region: parse_document' output
	grep -q 'pool: ProcessingService' output
	grep -q 'retained-by-cache: SlowAdder' output
	[ -s compare.html ]
}

@test "docs: the cookbook's commands run" {
	run_blocks cookbook.md 10
	grep -q 'recording stopped' output
	[ -s report.html ] && [ -s heap.html ]
}

@test "docs: the commands of the page on gates run" {
	run_blocks gates.md 7
	grep -q '0 of [1-9]* checks failed' output
}

@test "docs: the commands of the page on fleets run, and all columns are documented" {
	local column
	run_blocks fleet.md 3
	[ "$(head -c 4 rows.parquet)$(tail -c 4 rows.parquet)" = PAR1PAR1 ]
	for column in $(head -1 rows.ndjson | jq -r 'keys_unsorted[]'); do
		case $column in
		size_* | life_*) continue ;;
		esac
		grep -q "\`$column\`" "$ROOT/docs/fleet.md" || { echo "docs/fleet.md has no $column"; return 1; }
	done
}

@test "docs: pages that are linked are there" {
	local page link
	for page in README.md docs/tutorial.md docs/cookbook.md docs/gates.md docs/fleet.md docs/faq.md docs/recording.md docs/published.md docs/report-json.md; do
		for link in $(grep -oE '\]\([^)#:]+\)' "$ROOT/$page" | sed 's/^](//; s/)$//'); do
			[ -e "$ROOT/$(dirname "$page")/$link" ] || { echo "$page links to $link, which is not there"; return 1; }
		done
	done
}
