# The Python frames of every stack are those that the program sees itself, on each CPython there is.

load helpers/common
load helpers/python

# Sites are many: schema 2 lists each frame once, and Python reads it, not jq.
check() { # CHECK ARGUMENTS...
	REPORT=$BATS_TEST_TMPDIR/report.json
	"$POOLTRACE" report --format json --no-replay "$TRACE" > "$REPORT" || return
	/usr/bin/python3 "$ROOT/tests/python/check_sites.py" "$REPORT" "$@"
}

stacks_equal() { # MODE PYTHON
	local ENVIRONMENT=(POOLTRACE_STACKS="$1" POOLTRACE_CENSUS=0)
	record "$2" -I -S "$ROOT/tests/python/stacks.py" "$BATS_TEST_TMPDIR/expected" &&
		check equal "$BATS_TEST_TMPDIR/expected"
}

@test "python stacks: merged with native frames, all Python frames are right" {
	each_python stacks_equal merged
}

@test "python stacks: mixed, as when nothing is asked for, all Python frames are right" {
	each_python stacks_equal mixed
}

@test "python stacks: Python frames alone are right" {
	each_python stacks_equal python
}

# A function that dies, and the next one at its address: same length, same line, another name.
reused_code() { # MODE PYTHON
	local ENVIRONMENT=(POOLTRACE_STACKS="$1" POOLTRACE_CENSUS=0)
	record "$2" -I -S -c 'for i in range(9): pass
for i in range(600):
    names = {}
    exec("def make%d():\n    for i in range(5): bytearray(100003)\n" % (i % 3), names)
    names["make%d" % (i % 3)]()
    del names' &&
		check equally 2000 make0 make1 make2
}

@test "python stacks: functions that die and whose addresses are used again" {
	each_python reused_code python
	each_python reused_code merged
}

native_only() {
	local ENVIRONMENT=(POOLTRACE_STACKS=native POOLTRACE_CENSUS=0)
	record "$1" -I -S -c 'x = [bytearray(100003) for i in range(3)]' && report --top 1000000 --no-replay &&
		check native 100004 3
}

@test "python stacks: native frames alone when asked for" {
	each_python native_only
}

# A callback from C stands between the C functions that call it and those that it calls; also where the
# compiler moved the call out of the interpreter loop.
interleaved() {
	local ENVIRONMENT=(POOLTRACE_STACKS=merged POOLTRACE_CENSUS=0)
	# The recorder gets ready in the first loop; site's import has some.
	record "$1" -I -S -c 'for i in range(9): pass
def key(x):
    return len(bytearray(100003)) * x
def top():
    return sorted([2, 1], key=key)
top()' &&
		check interleaved 100004 key top '<module>'
}

@test "python stacks: C functions between Python ones stand in their place" {
	each_python interleaved
}

without_the_gil() {
	local ENVIRONMENT=(POOLTRACE_CENSUS=0)
	"$1" -c 'import _sqlite3' 2> /dev/null || return 0
	record "$1" -I -S -c 'import _sqlite3 as sqlite3, threading
def sqlite_work():
    db = sqlite3.connect(":memory:")
    db.execute("create table t (a, b)")
    db.executemany("insert into t values (?, ?)", ((i, "x" * (i % 300)) for i in range(2000)))
    db.execute("select a, b from t order by b").fetchall()
ts = [threading.Thread(target=sqlite_work) for i in range(4)]
[t.start() for t in ts]
[t.join() for t in ts]' &&
		check below libsqlite3 sqlite_work
}

@test "python stacks: what a thread allocates without the GIL has its own Python stack" {
	each_python without_the_gil
}

# Half of what this constructor allocates goes to malloc from below a C function.
same_constructions() {
	local mode first='' now
	"$1" -c 'import _sqlite3' 2> /dev/null || return 0
	for mode in mixed merged python; do
		local ENVIRONMENT=(POOLTRACE_STACKS="$mode" POOLTRACE_CENSUS=0)
		record "$1" "$ROOT/targets/python/pool_store_bad.py" 40 && report --no-replay || return
		now=$(json '.classes[] | select(.name == "ItemStore") | .constructor | [.counted, .events, .bytes] | tostring')
		assert_eq "$now" "${first:=$now}" "$mode" || return
	done
	assert_json '.classes[] | select(.name == "ItemStore") | .constructor | .counted == 40 and .events > 500'
}

@test "python stacks: a constructor's allocations are known whatever frames are recorded" {
	each_python same_constructions
}
