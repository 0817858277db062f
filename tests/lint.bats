# The architecture's rules that a script can check.

bats_require_minimum_version 1.5.0
load helpers/common

@test "lint: includes go downwards only" {
	"$ROOT/scripts/check-layers"
}

@test "lint: the library exports and imports what its lists say" {
	"$ROOT/scripts/check-symbols"
}

@test "lint: calls go downwards, and in no circle" {
	"$ROOT/scripts/check-calls"
}

@test "lint: a call upwards is found, and a circle" {
	cp -r "$ROOT/scripts" "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR"
	mkdir -p analyzer/util analyzer/report build/obj/analyzer/util build/obj/analyzer/report
	echo 'void high(void); void low(void); void low(void) { high(); }' > analyzer/util/low.c
	echo 'void high(void); void low(void); void high(void) { low(); }' > analyzer/report/high.c
	for f in util/low report/high; do cc -c -o "build/obj/analyzer/$f.o" "analyzer/$f.c"; done
	BUILD=build run -1 scripts/check-calls
	assert_match "$output" "analyzer/util/low calls high.. of analyzer/report/high: not a lower layer"
	assert_match "$output" "in a circle: report/high util/low"
}

@test "lint: a wrong include is found" {
	cp -r "$ROOT/scripts" "$ROOT/preload" "$ROOT/analyzer" "$BATS_TEST_TMPDIR/"
	echo '#include "report/report.h"' > "$BATS_TEST_TMPDIR/analyzer/util/wrong.c"
	run -1 "$BATS_TEST_TMPDIR/scripts/check-layers"
	assert_match "$output" "analyzer/util/wrong.c"
}

@test "lint: an unlisted symbol is found" {
	cp -r "$ROOT/scripts" "$ROOT/preload" "$BATS_TEST_TMPDIR/"
	sed -i '/^__errno_location\b/d' "$BATS_TEST_TMPDIR/preload/imports.txt"
	run -1 "$BATS_TEST_TMPDIR/scripts/check-symbols"
	assert_match "$output" "not in preload/imports.txt"
}
