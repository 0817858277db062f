# The text report: one list of places, what it is sorted, grouped and filtered by, its width, one finding in full.

bats_require_minimum_version 1.5.0
load helpers/common

make_trace() {
	cd "$BATS_TEST_TMPDIR"
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/$1.txt" "$1.trace"
}

report_of() {
	"$POOLTRACE" report --only leak "$@"
}

@test "text: orders, groups and filters" {
	make_trace python
	local what
	for what in peak end bytes allocs temporary life; do
		report_of --sort $what python.trace | grep -q 'BY PLACE  '
	done
	report_of --sort allocs python.trace | sed -n '/BY PLACE/{n;n;p}' | grep -q '20 .*app.py'
	report_of --by function python.trace | grep -q '__init__  app.py$'
	report_of --by file python.trace | grep -q '100 % .* /srv/app.py$'
	report_of --by class python.trace | grep -qE ' Service$'
	report_of --by class python.trace | grep -q '(no object)$'
	report_of --by thread python.trace | grep -q '100 % .* thread 1'
	report_of --filter 'app.py:5' python.trace > filtered
	grep -q 'app.py:5' filtered
	run ! grep -q 'app.py:4' filtered
	grep -q '\[other: ' filtered
	run -2 --separate-stderr "$POOLTRACE" report --sort peek python.trace
	assert_match "$stderr" "nearest is peak"
	run -2 --separate-stderr "$POOLTRACE" report --filter 'a(' python.trace
}

@test "text: call stacks and callers" {
	make_trace python
	report_of --tree python.trace | sed -n '/CALL STACKS/,/PYTHON/p' > tree
	grep -qE '100 % .* <module>  app.py:30' tree
	grep -qE '^ +67 % +19.5 KiB      __init__  app.py:4' tree
	report_of --callers python.trace | sed -n '/CALLERS/,/PYTHON/p' > callers
	grep -qE '67 % +19.5 KiB  __init__  app.py:4' callers
	report_of --callers python.trace > page
	run ! grep -q 'BY PLACE' page
}

@test "text: nothing is wider than the terminal, whose words stay whole" {
	make_trace python
	local width
	for width in 60 80 100; do
		COLUMNS=$width report_of python.trace > page
		[ -z "$(awk -v w=$width '/BY PLACE/ { on = 1 } /PYTHON/ { on = 0 } on && length($0) > w' page)" ]
		grep -q '__init__' page
	done
}

# `script` is the terminal; a terminal that cannot erase a line gets no bar and no colours.
escapes() { # TERM
	env TERM="$1" script -qec "'$POOLTRACE' report --no-replay python.trace" /dev/null < /dev/null | grep -c $'\033' || true
}

@test "text: colours on a terminal; none with TERM=dumb or NO_COLOR" {
	make_trace python
	[ "$(escapes xterm)" -gt 2 ]
	assert_eq "$(escapes dumb)" 0 "lines with escapes, TERM=dumb"
	env TERM=xterm NO_COLOR=1 script -qec "'$POOLTRACE' report --no-replay python.trace" /dev/null < /dev/null > page
	run ! grep -q $'\033\[[01]m' page
}

@test "text: the column distinguishes places of one line" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' '#include <stdlib.h>' 'void *volatile a, *volatile b;' 'int main(void) {' \
		'	for (int i = 0; i < 10; i++) { a = malloc(100); b = malloc(300); free(a); free(b); }' '	return 0; }' > twins.c
	cc -O1 -g -o twins twins.c
	"$POOLTRACE" record -f -o twins.trace ./twins 2> /dev/null
	report_of --filter 'twins.c:4' twins.trace > page
	[ "$(grep -cE 'main  twins.c:4|twins.c:4  column' page)" -ge 2 ]
	grep -q 'column' page
}

@test "text: import machinery and an interpreter's start are one place each" {
	record "$PYTHON" -c 'import json.decoder; x = [[i] for i in range(1000)]'
	"$POOLTRACE" report --only leak --no-replay --by function --all "$TRACE" > "$BATS_TEST_TMPDIR/page"
	grep -q 'import json.decoder' "$BATS_TEST_TMPDIR/page"
	grep -q '\[interpreter start-up\]' "$BATS_TEST_TMPDIR/page"
	run ! grep -qE '_call_with_frames_removed|_find_and_load' "$BATS_TEST_TMPDIR/page"
}

@test "text: any finding in full by its id or number, and those that there are" {
	record log_writer
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" report --no-replay "$TRACE" > short
	local id
	id=$(sed -n '/ return-ring: /,/^     /s/.*\[\([0-9a-f]*\)\]$/\1/p' short)
	[ ${#id} = 8 ]
	grep -q "report --finding $id" short
	run ! grep -q 'note: ' short
	"$POOLTRACE" report --no-replay --finding "$id" "$TRACE" > full
	grep -q 'note: ' full
	grep -q '#include <atomic>' full
	"$POOLTRACE" report --no-replay --finding 1 "$TRACE" | cmp - full
	"$POOLTRACE" report --no-replay --finding 77 "$TRACE" | grep -q "no finding '77'; there are:"
}

@test "text: a source line stands below its place, and only where a source file is meant" {
	cd "$BATS_TEST_TMPDIR"
	printf '#!/bin/sh\nroot:secret\n' > secret
	printf 'x = 1\nkeep = [b"x" * 1000]\n' > app.py
	printf 'process /bin/app\ncode %s/app.py f 1\ncode %s/secret g 1\npyframe 1 2\npyframe 2 2\nstack 1\nstack 2\nat 1000\nmalloc 0x10000 1000 1\nat 2000\nmalloc 0x20000 2000 2\n' \
		"$PWD" "$PWD" > source.txt
	"$BUILD/tests/helpers/mktrace" source.txt source.trace
	report_of source.trace > page
	grep -qF '| keep = [b"x" * 1000]' page
	run ! grep -q 'root:secret' page
}

@test "text: a line of characters shows live bytes, in ASCII where the locale has no more" {
	make_trace basic
	LC_ALL=C.UTF-8 report_of basic.trace | grep -q '█'
	LC_ALL=C report_of basic.trace > ascii
	run ! grep -qP '[^\x00-\x7f]' ascii
}

# libsmartcols does not end on a character that the locale does not have, and C has none but ASCII.
@test "text: names beyond ASCII in the C locale" {
	cd "$BATS_TEST_TMPDIR"
	printf 'größe = [b"x" * 1000]\n# \xe4\n' > größe.py
	printf 'process /bin/app\ncode %s/größe.py größe 1\npyframe 1 1\nstack 1\nat 1000\nmalloc 0x10000 1000 1\n' \
		"$PWD" > names.txt
	"$BUILD/tests/helpers/mktrace" names.txt names.trace
	LC_ALL=C.UTF-8 report_of names.trace > utf8
	LC_ALL=C timeout 60 "$POOLTRACE" report --only leak names.trace > c
	grep -qF 'größe  größe.py:1' c
	cmp <(grep größe utf8) <(grep größe c)
}
