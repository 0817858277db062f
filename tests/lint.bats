# The architecture's rules that a script can check.

bats_require_minimum_version 1.5.0
load helpers/common

@test "lint: includes go downwards only" {
	"$ROOT/scripts/check-layers"
}

@test "lint: the library exports and imports what its lists say" {
	"$ROOT/scripts/check-symbols"
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
