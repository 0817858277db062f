# Programs of Debian's with a hand-checked verdict each: the quick ones.  `make test-real` runs all.

load helpers/common

real() {
	run "$ROOT/tests/real/run" "$@"
	echo "$output"
	[ "$status" = 0 ] && [[ $output != *" 0 right"* ]] && [[ $output != "0 right"* ]]
}

@test "real: native programs of Debian's get the verdict that their file gives reasons for" {
	real git bc sort
}

@test "real: Python programs of Debian's get the verdict that their file gives reasons for" {
	real unittest_stdlib pygments
}

@test "real: a verdict that is not met fails, with the reason" {
	cp -r "$ROOT/tests/real" "$ROOT/tests/helpers" "$BATS_TEST_TMPDIR"
	mkdir -p "$BATS_TEST_TMPDIR/tests" && mv "$BATS_TEST_TMPDIR/real" "$BATS_TEST_TMPDIR/helpers" "$BATS_TEST_TMPDIR/tests/"
	sed -i 's/^# expect: no-advice/# expect: finding kind=slab/' "$BATS_TEST_TMPDIR/tests/real/native/bc"
	run "$BATS_TEST_TMPDIR/tests/real/run" bc
	[ "$status" = 1 ] && [[ $output == *"WRONG"*"kind=slab"* ]]
}
