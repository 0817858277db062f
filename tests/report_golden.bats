# Reports over traces that are written by hand: what comes out is known to the byte.

bats_require_minimum_version 1.5.0
load helpers/common

# make_trace NAME: from tests/traces/NAME.txt, as NAME.trace in the current directory.
make_trace() {
	cd "$BATS_TEST_TMPDIR"
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/$1.txt" "$1.trace"
}

# The only detector here is one that needs no measuring, so that the bytes do not depend on the machine.
report_of() {
	"$POOLTRACE" report --only leak "$@"
}

@test "golden: text of a native program" {
	make_trace basic
	report_of basic.trace | assert_golden basic.report
}

@test "golden: JSON of a native program" {
	make_trace basic
	report_of --format json --schema 1 basic.trace | jq --tab . | assert_golden basic.json
}

@test "golden: dump of a native program" {
	make_trace basic
	"$POOLTRACE" dump basic.trace | assert_golden basic.dump
}

@test "golden: one block followed through all stages" {
	make_trace basic
	"$POOLTRACE" dump --follow 0x31000 basic.trace | assert_golden basic.follow
}

@test "golden: the hops are those of docs/architecture.md, and each is in the legend" {
	make_trace basic
	"$POOLTRACE" dump --follow 0x31000 basic.trace > follow
	sed -n '/^hops of/,/^$/p' follow | sed -n 's/^\([0-9]*\) \([a-z]*\) .*/\1 \2/p' > legend
	sed -n 's/^| \([0-9]*\) | \([a-z]*\) |.*/\1 \2/p' "$ROOT/docs/architecture.md" | sed -n 5,11p > table
	diff table legend
	sed '1,/^$/d' follow | sed -n 's/^\([0-9]\+\) \([a-z]\+\) .*/\1 \2/p' | sort -u > shown
	never grep -vxF -f legend shown
}

@test "golden: info" {
	make_trace basic
	"$POOLTRACE" info basic.trace | assert_golden basic.info
}

@test "golden: text of two threads, killed" {
	make_trace threads
	report_of threads.trace | assert_golden threads.report
}

@test "golden: dump of two threads, in one order" {
	make_trace threads
	"$POOLTRACE" dump --limit 60 threads.trace | assert_golden threads.dump
}

@test "golden: text of a Python program" {
	make_trace python
	report_of python.trace | assert_golden python.report
}

@test "golden: classes of a Python program" {
	make_trace python
	report_of --format json --schema 1 python.trace | jq .classes | assert_golden python.classes
}

@test "golden: top rows, and the others together" {
	make_trace basic
	report_of --top 1 basic.trace | assert_golden basic.top
	report_of --top 1 --format json --schema 1 basic.trace > report.json
	jq -e '([.sites[].allocs] | add) == .totals.allocs and ([.sites[].live_bytes] | add) == .totals.live_bytes' report.json
	jq -e 'any(.sites[]; .other_sites == 1)' report.json
}

@test "golden: several processes, each and together" {
	make_trace basic
	make_trace threads
	report_of threads.trace basic.trace | assert_golden several.report
	report_of --format json --schema 1 basic.trace threads.trace > report.json
	jq -e '.together.processes == 2 and .together.allocs == ([.totals.allocs, .others[].totals.allocs] | add)' report.json
}

@test "golden: the same input gives the same bytes" {
	make_trace threads
	report_of --format json --schema 1 threads.trace > a
	report_of --format json --schema 1 threads.trace > b
	cmp a b
}

@test "golden: names from a trace cannot drive the terminal" {
	cd "$BATS_TEST_TMPDIR"
	printf 'process /bin/a\033[31mb \033]0;x\007\nnote \033[2Jgone\nat 1\nmalloc 0x1000 1 1\n' > evil.txt
	"$BUILD/tests/helpers/mktrace" evil.txt evil.trace
	report_of evil.trace > text
	report_of --format json --schema 1 evil.trace > json
	"$POOLTRACE" info evil.trace > info
	run ! grep -q $'[\033\007]' text json info
	jq -e . json > /dev/null
}

@test "report: no colour but on a terminal, and none with NO_COLOR" {
	make_trace basic
	report_of basic.trace > plain
	run ! grep -q $'\033' plain
	script -qec "'$POOLTRACE' report --only leak basic.trace" /dev/null > colour < /dev/null
	grep -q $'\033\\[1m' colour
	NO_COLOR=1 script -qec "'$POOLTRACE' report --only leak basic.trace" /dev/null > none < /dev/null
	run ! grep -q $'\033' none
}

@test "report: what cannot be written is said" {
	make_trace basic
	run -1 --separate-stderr bash -c "'$POOLTRACE' report --only leak basic.trace > /dev/full"
	assert_match "$stderr" "cannot write"
}

@test "report: unknown options and thresholds name the nearest" {
	make_trace basic
	run -2 --separate-stderr "$POOLTRACE" report --formt json basic.trace
	assert_match "$stderr" "'--format'"
	run -2 --separate-stderr "$POOLTRACE" report --format xml basic.trace
	run -2 --separate-stderr "$POOLTRACE" report --set leak_min_rr=3 basic.trace
	assert_match "$stderr" "nearest"
	run -2 --separate-stderr "$POOLTRACE" report --top 0 basic.trace
	run -2 --separate-stderr "$POOLTRACE" reprot basic.trace
	assert_match "$stderr" "'report'"
}

@test "report: skipped frames move a site's name" {
	make_trace basic
	report_of --format json --schema 1 basic.trace | jq -e 'any(.sites[]; .frames[.name_frame].function == "app+0x3030" and .allocs == 50)'
	report_of --skip-frames 'app+0x30*' --format json --schema 1 basic.trace |
		jq -e 'any(.sites[]; .frames[.name_frame].function == "app+0x1010" and .allocs == 50)'
}

@test "report: the error about an unknown class to explain names the nearest" {
	make_trace python
	run -0 --separate-stderr "$POOLTRACE" report --only leak --explain Sevrice python.trace
	assert_match "$stderr" "no class 'Sevrice'.*nearest is 'Service'"
	run -0 --separate-stderr "$POOLTRACE" report --only leak --explain app.Service python.trace
	assert_eq "$stderr" "" "stderr"
}

@test "report: on a terminal a bar tells what is done and how far it is; elsewhere nothing does" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' '#include <stdlib.h>' 'int main(void) {' \
		'	for (int i = 0; i < 2000000; i++) { void *volatile p = malloc(64); free(p); }' \
		'	return 0; }' > loop.c
	cc -O1 -o loop loop.c
	"$POOLTRACE" record -o loop.trace ./loop
	TERM=xterm script -qec "'$POOLTRACE' report loop.trace > report" /dev/null > terminal < /dev/null
	grep -q $'reading the trace \\[#* *\\], [0-9]* s left' terminal
	grep -q $'looking at how blocks live \\[' terminal
	[ "$(tail -c 4 terminal)" = $'\r\033[K' ]
	"$POOLTRACE" report loop.trace > report 2> messages
	[ ! -s messages ]
}

@test "golden: marks and regions of a program" {
	make_trace announced
	{
		report_of announced.trace
		report_of --between inner inner:end announced.trace
		report_of --format json announced.trace | jq --tab '{strings, marks, regions, region_names, marks_left_out}'
	} | assert_golden announced.report
}
