# The pytest plugin of the wheel, in a clean environment: limits, leaks, baselines, xdist, asyncio, fork, unittest.
bats_require_minimum_version 1.5.0
load ../helpers/common
load packages

setup_file() {
	need_wheel
	make_venv "$WHEEL" pytest pytest-xdist pytest-asyncio
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	printf '[pytest]\naddopts = -p no:cacheprovider\nasyncio_default_fixture_loop_scope = function\n' > pytest.ini
}

pytest_status() {
	local want=$1
	shift
	run "-$want" "$VENV/bin/python" -m pytest "$@"
}

# assert_tests FAILED PASSED: as pytest sums up.
assert_tests() {
	assert_match "$output" "$1 failed, $2 passed"
}

@test "pytest: a limit of memory and of allocations fails the test that breaks it, and no other" {
	cat > test_limits.py <<-'PY'
		import threading, unittest, pytest

		@pytest.mark.pool_limit("10 MB")
		def test_within(): bytearray(5_000_000)

		@pytest.mark.pool_limit("1 MB")
		def test_peak(): bytearray(5_000_000)

		@pytest.mark.pool_limit("1 MB")
		def test_thread():
		    t = threading.Thread(target=lambda: bytearray(5_000_000))
		    t.start()
		    t.join()

		@pytest.mark.alloc_limit(1000)
		def test_many(): [str(i) * 9 for i in range(5000)]

		@pytest.mark.alloc_limit(5000)
		def test_few(): [str(i) * 9 for i in range(50)]

		class Case(unittest.TestCase):
		    @pytest.mark.pool_limit("1 MB")
		    def test_case(self): bytearray(5_000_000)

		@pytest.mark.pool_limit("1 MB")
		@pytest.mark.parametrize("text", ["a" * 100, "b" * 100])
		def test_long_name(text): bytearray(5_000_000 if text[0] == "b" else 5)
	PY
	pytest_status 1 --pooltrace -q --junitxml=junit.xml
	assert_tests 5 3
	assert_match "$output" 'pool_limit: live bytes rose by 4.77 MiB'
	assert_match "$output" 'alloc_limit: .* allocations, the limit is 1000'
	assert_match "$output" 'FAILED test_limits.py::Case::test_case'
	assert_match "$output" 'FAILED test_limits.py::test_long_name.b'
	run ! grep -q 'FAILED test_limits.py::test_long_name.a' <<< "$output"
	grep -q 'failures="5"' junit.xml
	pytest_status 0 -q
}

@test "pytest: no_leaks sees what stays each time, and neither a cache nor garbage in cycles" {
	cat > test_leaks.py <<-'PY'
		import pytest
		KEPT, CACHE = [], {}

		@pytest.mark.no_leaks
		def test_leak(): KEPT.append(bytearray(1000))

		@pytest.mark.no_leaks(slack="64 KiB", runs=4)
		def test_slack(): KEPT.append(bytearray(1000))

		@pytest.mark.no_leaks
		def test_cache(): CACHE.setdefault("x", bytearray(10000))

		@pytest.mark.no_leaks
		def test_cycle():
		    x = [bytearray(10000)]
		    x.append(x)

		@pytest.mark.no_leaks
		def test_fixture(tmp_path): (tmp_path / "x").write_text("y")
	PY
	pytest_status 1 --pooltrace -q
	assert_tests 1 4
	assert_match "$output" 'FAILED test_leaks.py::test_leak'
	assert_match "$output" 'each of 3 further runs kept memory'
}

@test "pytest: xdist workers and coroutines are judged, forked children do no harm" {
	cat > test_more.py <<-'PY'
		import asyncio, os, pytest

		@pytest.mark.asyncio
		@pytest.mark.pool_limit("1 MB")
		async def test_async():
		    x = bytearray(3_000_000)
		    await asyncio.sleep(0)

		@pytest.mark.pool_limit("1 MB")
		def test_fork():
		    pid = os.fork()
		    if not pid:
		        x = bytearray(9_000_000)
		        os._exit(0)
		    assert os.waitpid(pid, 0)[1] == 0

		@pytest.mark.parametrize("i", range(6))
		@pytest.mark.pool_limit("1 MB")
		def test_each(i): bytearray(3_000_000 if i == 4 else 3)
	PY
	pytest_status 1 --pooltrace -q -n 2
	assert_tests 2 6
	assert_match "$output" 'FAILED test_more.py::test_async'
	assert_match "$output" 'FAILED test_more.py::test_each.4'
	assert_match "$output" 'pooltrace: tests that allocate most'
	pytest_status 1 --pooltrace -q -p no:xdist
	assert_tests 2 6
}

@test "pytest: a baseline is written, met, and missed when a test allocates more" {
	printf 'def test_grows(): return_it = [str(i) for i in range(1000)]\ndef test_same(): pass\n' > test_base.py
	pytest_status 0 --pooltrace -q -W ignore --pooltrace-baseline base.json
	assert_match "$output" 'baseline of 2 tests written to base.json'
	pytest_status 0 --pooltrace -q -W ignore --pooltrace-baseline base.json
	sed -i 's/1000/9000/' test_base.py
	pytest_status 1 --pooltrace -q -W ignore --pooltrace-baseline base.json
	assert_tests 1 1
	assert_match "$output" 'baseline: allocs [0-9]{5}, was [0-9]{4} '
	pytest_status 0 --pooltrace -q --pooltrace-baseline base.json --pooltrace-update-baseline
}

@test "pytest: failures, skips, output and exit codes are those of a run without the recorder" {
	cat > test_kinds.py <<-'PY'
		import sys, pytest
		def test_passes(): print("to stdout"); print("to stderr", file=sys.stderr)
		def test_fails(): assert [1, 2] == [1, 3]
		@pytest.mark.skip
		def test_skipped(): pass
		@pytest.mark.xfail
		def test_xfails(): assert 0
	PY
	pytest_status 1 --pooltrace -q -rA --strict-markers
	assert_match "$output" '1 failed, 1 passed, 1 skipped, 1 xfailed'
	assert_match "$output" 'to stdout'
	pytest_status 5 --pooltrace -q -k nothing
	pytest_status 4 --pooltrace no_such_file.py
	pytest_status 0 --pooltrace --collect-only -q
	[ -f .pooltrace/.gitignore ]
}
