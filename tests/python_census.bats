# The census at a normal exit: what it says is true, and it leaves no mark.

load helpers/common
load helpers/python

caught() {
	assert_same_output "$1" -c 'import functools, collections
class Report:
    def __init__(self, n): self.rows = list(range(n))
    @functools.lru_cache(maxsize=None)
    def total(self): return len(self.rows)
class Wrapper:
    data = {"items": []}
    def __init__(self, x): Wrapper.data["items"].append({"x": x})
class Model:
    def __init__(self): self.big = bytearray(1000000)
    def done(self): return 1
for i in range(200): Report(500).total()
for i in range(5000): Wrapper(i)
waiting = collections.deque(Model().done for i in range(4))' && report &&
		assert_json '.health.notes == [] and .health.unmatched_frees == 0' &&
		assert_json 'any(.findings[]; .kind == "retained-by-cache" and (.title | test("200 instances")))' &&
		assert_json 'any(.findings[]; .kind == "class-level-growth" and (.title | test("Wrapper.data")))' &&
		assert_json 'any(.findings[]; .kind == "pinned-by-bound-method" and (.title | test("Model.done: 4 instances of Model")))'
}

@test "python census: a cache, a class attribute and a queue are found out" {
	each_python caught
}

# What a class may define itself must not be called.
hostile() {
	assert_same_output "$1" -c 'import sys
def shout(*a, **k):
    print("called", sys._getframe().f_code.co_name)
    raise SystemExit(9)
class Meta(type):
    __getattribute__ = __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = shout
class Hostile:
    __slots__ = ("a", "__dict__", "__weakref__")
    __getattribute__ = __getattr__ = __eq__ = __hash__ = __len__ = __iter__ = __repr__ = __sizeof__ = __bool__ = shout
    __class__ = property(shout)
class Odd(dict):
    items = keys = values = __iter__ = __len__ = __getitem__ = __contains__ = shout
keep = [Hostile() for i in range(100)] + [Odd(a=1) for i in range(100)]
sys.settrace(lambda *a: print("traced", a[1]) if a[0].f_code.co_filename == "<census>" else None)
sys.setprofile(lambda *a: print("profiled", a[1]) if a[0].f_code.co_filename == "<census>" else None)' && report &&
		assert_json '.health.notes == []'
}

@test "python census: runs no code of the program" {
	each_python hostile
}

# Of 30,000 instances some hundred are looked at, those with an attribute as often as they are there.
sampled() {
	record "$1" -c 'class Some:
    def __init__(self, i):
        self.i = i
        if i % 7 == 0: self.rare = i
some = [Some(i) for i in range(30000)]' || return
	grep -aoE '"live":30000,"built":30000,"sampled":[0-9]+|"name":"rare","present":[0-9]+' "$TRACE" | tr ',' '\n' |
		awk -F: '/sampled/ { n = $2 } /present/ { rare = $2 } END { exit !(n > 400 && n <= 1000 && rare > n / 10 && rare < n / 5) }' ||
		{ echo "sampled badly: $(grep -aoE '"live":[0-9]+,"built":[0-9]+,"sampled":[0-9]+|"name":"rare","present":[0-9]+' "$TRACE")"; return 1; }
}

@test "python census: samples evenly" {
	each_python sampled
}

# In 3.8 the elements of an lru_cache are of a type without a namespace and without bases.
unready() {
	assert_same_output "$1" -c 'import functools
class Holder:
    def __init__(self):
        self.cached = functools.lru_cache(8)(lambda x: [x])
        self.cached(1)
keep = [Holder() for i in range(200)]' && report &&
		assert_json '.health.notes == []' &&
		assert_json '.classes[] | select(.name == "Holder") | .built == 200'
}

@test "python census: types that were never made ready" {
	each_python unready
}

@test "python census: can be switched off" {
	local ENVIRONMENT=(POOLTRACE_CENSUS=0)
	record /usr/bin/python3 -c 'class A:
    pass
keep = [A() for i in range(200)]'
	never grep -aq pooltrace-census "$TRACE"
	ENVIRONMENT=()
	record /usr/bin/python3 -c 'class A:
    pass
keep = [A() for i in range(200)]'
	grep -aq pooltrace-census "$TRACE"
}

# Peak resident KiB of a command, bare or with the library.
peak_kib() {
	local library=$1
	shift
	/usr/bin/python3 -c 'import os, resource, subprocess, sys
more = {"LD_PRELOAD": sys.argv[1]} if sys.argv[1] else {}
subprocess.run(sys.argv[2:], env={**os.environ, **more}, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$library" "$@"
}

@test "python census: looks at a large heap with little memory of its own" {
	local program='class Point:
    def __init__(self, i): self.pair = (i, str(i))
points = [Point(i) for i in range(100000)]'
	local bare traced
	bare=$(peak_kib "" /usr/bin/python3 -c "$program")
	traced=$(POOLTRACE_OUT=$BATS_TEST_TMPDIR/t.trace peak_kib "$(preload_library)" /usr/bin/python3 -c "$program")
	grep -aq pooltrace-census "$BATS_TEST_TMPDIR/t.trace"
	echo "bare $bare KiB, traced $traced KiB"
	[ $((traced - bare)) -lt 16384 ]
}

# The census may be what drops the last reference to something; its address is given out again later.
let_go() {
	assert_same_output "$1" "$ROOT/targets/python/service_bad.py" 60 4 10 1 && report &&
		assert_json '.health | .double_allocs == 0 and .unmatched_frees == 0 and .lost_events == 0'
}

@test "python census: what ends while it looks has ended in the trace" {
	each_python let_go
}

# The module _asyncio of 3.12 shows its free list of dead objects to whoever walks: a reference taken on one and
# given back would deallocate it a second time, and the next collection would never end.
dead_in_a_free_list() {
	timeout 60 build/pooltrace record -f -o "$BATS_TEST_TMPDIR/t.trace" -- "$1" -c 'import asyncio
class Job:
    def __init__(self):
        self.me = self
async def worker(queue):
    while await queue.get() is not None:
        Job()
async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(worker(queue)) for _ in range(4)]
    for i in range(100):
        await queue.put(i)
        await asyncio.sleep(0)
    for _ in tasks:
        await queue.put(None)
    await asyncio.gather(*tasks)
asyncio.run(main())
print("done")' 2> /dev/null | grep -qx done
}

@test "python census: leaves the dead in their free lists" {
	each_python dead_in_a_free_list
}

# No exit function runs then: what was seen at the last peak is what there is, and the report says so.
killed() {
	record "$1" -c 'import os, signal
class Row:
    def __init__(self, i): self.i = i; self.name = "n%d" % i; self.tag = None
rows = [Row(i) for i in range(60000)]
os.kill(os.getpid(), signal.SIGTERM)' || [ "$status" = 143 ] || return 1
	report && assert_json 'any(.health.notes[]; test("not looked at when it ended"))' &&
		assert_json 'any(.findings[]; .kind == "slots" and (.title | test("^Row")))'
}

@test "python census: the report of a killed process has its last peak" {
	each_python killed
}

# os._exit() runs no exit function either, but the interpreter still runs: it is looked at there.
leaves_by_exit() {
	record "$1" -c 'import os
class Row:
    def __init__(self, i): self.i = i; self.name = "n%d" % i; self.tag = None
pid = os.fork()
if not pid:
    rows = [Row(i) for i in range(30000)]
    os._exit(0)
os.waitpid(pid, 0)' || return
	grep -aqlE '"live":30000' "${TRACES[@]}" || { echo "no census of the child"; return 1; }
}

@test "python census: taken at os._exit() in a forked child" {
	each_python leaves_by_exit
}

leaves_early() {
	record "$1" -c 'import os, signal
class Row:
    def __init__(self, i): self.i = i
rows = [Row(i) for i in range(1000)]
os.kill(os.getpid(), signal.SIGTERM)' || [ "$status" = 143 ] || return 1
	report && assert_json 'any(.health.notes[]; test("not looked at when it ended"))'
}

@test "python census: a report without one says what was not looked for" {
	each_python leaves_early
}

# An array of numpy is unknown to the collector: what a view keeps is read from its layout.
views_of_arrays() {
	"$1" -c 'import numpy' 2> /dev/null || return 0
	assert_same_output "$1" -c 'import numpy
views = [numpy.zeros(100000)[:10] for i in range(20)]
print(sum(len(v) for v in views))'
}

@test "python census: walks over views of numpy arrays" {
	each_python views_of_arrays
}

# Code with builtins of its own, as template engines run, has no __import__ to be asked for.
restricted_builtins() {
	assert_same_output "$1" -c 'class Node:
    def __init__(self): self.x = [0] * 50
keep = []
code = compile("for i in range(60000): keep.append(make())", "restricted", "exec")
exec(code, {"__builtins__": {"range": range}, "make": Node, "keep": keep})
print(len(keep))' && report && assert_json '.health.notes == []'
}

@test "python census: a peak below code with builtins of its own" {
	each_python restricted_builtins
}

# What pip puts into a folder by --target is a library's, whatever the folder's name: its classes are not the program's.
of_other_folder() {
	local deps=$BATS_TEST_TMPDIR/deps prog=$BATS_TEST_TMPDIR/prog.py
	mkdir -p "$deps" && printf '%s\n' 'class Row:' '    def __init__(self, i): self.a, self.b, self.c = i, i, i' > "$deps/rows.py"
	printf '%s\n' 'import rows' 'keep = [rows.Row(i) for i in range(60000)]' 'print(len(keep))' > "$prog"
	local ENVIRONMENT=(PYTHONPATH="$deps" PYTHONDONTWRITEBYTECODE=1)
	assert_same_output "$1" "$prog" && report --no-replay && assert_json 'any(.findings[]; .kind == "slots")' || return
	mkdir "$deps/rows-1.0.dist-info"
	assert_same_output "$1" "$prog" && report --no-replay && assert_json 'all(.findings[]; .kind != "slots")'
}

@test "python census: a folder that pip has installed into is not the program's" {
	of_other_folder "$(pythons | tail -n 1)"
}
