# CPython in all its forms: allocators, threads, processes, sub-interpreters, embedded, unknown.

load helpers/common
load helpers/python

ONE_CLASS='class Built:
    def __init__(self): self.x = [1]
keep = [Built() for i in range(1000)]
print(len(keep))'

# Without a census, and beside sub-interpreters, the report says what it did not look for; nothing else is to be said.
NO_OTHER_NOTE='[.health.notes[] | select(test("^(the interpreter was not looked at|no heap graph was written)") | not)] == []'

one_class_with() { # VARIABLE=VALUE PYTHON
	local ENVIRONMENT=("$1" POOLTRACE_CENSUS=0)
	assert_same_output "$2" -c "$ONE_CLASS" && report_numbers && assert_json "$NO_OTHER_NOTE" &&
		assert_json '.classes[] | select(.name == "Built") | .built == 1000'
}

# tracemalloc's own table is made inside an allocator, where nothing is recorded, and freed outside of it.
with_allocators() {
	local mode
	for mode in PYTHONMALLOC=malloc PYTHONMALLOC=debug PYTHONMALLOC=pymalloc_debug PYTHONMALLOC=malloc_debug \
		PYTHONDEVMODE=1 PYTHONTRACEMALLOC=3; do
		one_class_with "$mode" "$1" &&
			{ [ "$mode" = PYTHONTRACEMALLOC=3 ] ||
				assert_json '.health.unmatched_frees == 0 and .health.double_allocs == 0'; } ||
			{ echo "with $mode"; return 1; }
	done
}

@test "python modes: PYTHONMALLOC, -X dev and tracemalloc hide nothing and count nothing twice" {
	each_python with_allocators
}

processes() {
	local ENVIRONMENT=(PYTHONWARNINGS=ignore)
	assert_same_output "$1" "$ROOT/tests/python/processes.py" || return
	local t # at least three: one of the two workers may be ended before it allocates anything
	for t in "${TRACES[@]}"; do
		report_numbers "$t" && assert_json "$NO_OTHER_NOTE and .process.python.version != null" || return
		json '[.classes[] | select(.name == "Built") | .built] | add // 0'
	done | awk '{ sum += $1; n++ } END { exit !(sum == 4 * 300 + 300 + 4 * 300 && n >= 3) }' ||
		{ echo "instances of all processes: not 2700"; return 1; }
}

@test "python modes: threads, fork, _exit and multiprocessing, each process in its own trace" {
	each_python processes
}

has_interpreters() {
	"$1" -c 'import _xxsubinterpreters' 2> /dev/null || "$1" -c 'import _interpreters' 2> /dev/null
}

interpreters() {
	has_interpreters "$1" || return 0
	local ENVIRONMENT=(PYTHONWARNINGS=ignore)
	assert_same_output "$1" "$ROOT/tests/python/interpreters.py" && report_numbers &&
		assert_json '[.classes[] | select(.name == "Built") | .built] | add == 6000' &&
		assert_json "$NO_OTHER_NOTE" || return
	# The gc module of 3.9 is shared among interpreters, and calls nobody about collections of the others.
	"$1" -c 'import sys; sys.exit(sys.version_info[:2] == (3, 9))' || return 0
	assert_json '[.classes[] | select(.name == "Node") | .freed_in_gc] | add == 1503'
}

@test "python modes: sub-interpreters, in parallel where they have a GIL each" {
	each_python interpreters
}

ended_interpreters() { # PYTHON
	has_interpreters "$1" || return 0
	local ENVIRONMENT=(PYTHONWARNINGS=ignore "${ENVIRONMENT[@]}") n reserved=()
	for n in 1 2 5; do
		assert_same_output "$1" "$ROOT/tests/python/ended.py" $n && report_numbers &&
			assert_json '.health | .unmatched_frees == 0 and .double_allocs == 0' && assert_json "$NO_OTHER_NOTE" || return
		reserved+=("$(json .totals.reserved_bytes)")
	done
	# From 3.14 on an interpreter that ends gives back its arenas, of 1 MiB; three more leave nothing.
	"$1" -c 'import sys; sys.exit(sys.version_info < (3, 14))' || return 0
	[ $((reserved[2] - reserved[1])) -lt 1048576 ] || { echo "reserved at the end: ${reserved[*]}"; return 1; }
}

@test "python modes: sub-interpreters that end take their allocators' own memory with them" {
	each_python ended_interpreters
	local ENVIRONMENT=(POOLTRACE_STACKS=merged)
	ended_interpreters "$(pythons | tail -1)"
}

embedded() {
	local lib
	lib=$("$1" -c 'import sysconfig as s; print(s.get_config_var("LIBDIR") + "/" + s.get_config_var("INSTSONAME"))')
	[ -f "$lib" ] || return 0
	assert_same_output "$BATS_FILE_TMPDIR/embed" "$lib" && report_numbers &&
		assert_json '[.classes[] | select(.name == "Kept") | .built] | add == 6000'
}

@test "python modes: a libpython opened late and privately, ended, and started again" {
	gcc -o "$BATS_FILE_TMPDIR/embed" "$ROOT/tests/python/embed.c" -ldl
	each_python embedded
}

left_alone() { # PYTHON WHY
	assert_same_output "$1" -c "$ONE_CLASS" && report_numbers &&
		assert_json ".health.notes | length == 1 and (.[0] | test(\"$2\"))" &&
		assert_json '.classes == [] and .totals.allocs > 100'
}

unknown_version() {
	local ENVIRONMENT=(POOLTRACE_FAKE_PYTHON=3.99.1)
	left_alone "$1" "not known"
}

@test "python modes: an unknown version is left alone, and the report says so" {
	each_python unknown_version
}

switched_off() {
	local ENVIRONMENT=(POOLTRACE_PYTHON=0)
	left_alone "$1" "POOLTRACE_PYTHON=0"
}

@test "python modes: POOLTRACE_PYTHON=0 records malloc and free alone" {
	each_python switched_off
}

@test "python modes: a debug build is left alone, and the report says so" {
	local debug=${POOLTRACE_TEST_DEBUG_PYTHON:-python3.11-dbg}
	need "$debug"
	left_alone "$(command -v "$debug")" "debug build"
}

@test "python modes: a free-threaded build is left alone, and the report says so" {
	local free=${POOLTRACE_TEST_FREE_THREADED_PYTHON:-python3.13t}
	need "$free"
	left_alone "$(command -v "$free")" "free-threaded build"
}

real_program() { # PYTHON-ARGUMENTS...
	assert_same_output /usr/bin/python3 "$@" && report_numbers && assert_json '.health.notes == [] and .totals.allocs > 10000'
}

@test "python modes: real programs say the same" {
	/usr/bin/python3 -c 'import numpy' 2> /dev/null && real_program -c 'import numpy as np
a = [np.ones((20, 20)) for i in range(500)]
print(sum(x.sum() for x in a))'
	/usr/bin/python3 -c 'import lxml' 2> /dev/null && real_program -c 'import lxml.etree as e
print(len(e.fromstring("<a>" + "<b>x</b>" * 5000 + "</a>")))'
	real_program -c 'import json, re, decimal, asyncio
async def f(n): return [json.loads(json.dumps({"a": i})) for i in range(n)]
print(len(asyncio.run(f(2000))), decimal.Decimal(2) ** 200, re.sub("a+", "b", "aaa" * 100))'
}

@test "python modes: the exit code of an interrupt, of sys.exit and of an exception stay" {
	run_bare /usr/bin/python3 -c 'import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(9)'
	local status=$STATUS
	record /usr/bin/python3 -c 'import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(9)'
	assert_eq "$STATUS" "$status" "exit code after an interrupt"
	assert_same_output /usr/bin/python3 -c 'import sys; sys.exit(7)'
	assert_same_output /usr/bin/python3 -c 'raise ValueError("x")'
}
