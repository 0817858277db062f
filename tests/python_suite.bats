# A short choice of CPython's own test suite, bare and recorded (tests/cpython-differential runs more).

load helpers/common

@test "python suite: the same tests pass, fail and skip" {
	/usr/bin/python3.11 -c 'import test.test_gc' 2> /dev/null || skip "no libpython3.11-testsuite"
	POOLTRACE_LIBRARY=$(preload_library) "$ROOT/tests/cpython-differential" test_gc test_list test_weakref test_generators
}
