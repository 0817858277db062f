# The wheel, built, installed into a clean environment and used.  `make test-packages` runs this: it needs network.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup_file() {
	export VENV=$BATS_FILE_TMPDIR/venv WHEELS=$BATS_FILE_TMPDIR/dist
	"$ROOT/scripts/make-wheel" wheel "$WHEELS" > "$BATS_FILE_TMPDIR/wheel"
	"${PYTHON:-python3}" -m venv "$VENV"
	"$VENV/bin/pip" -q install --disable-pip-version-check "$WHEELS"/*.whl
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cat > app.py <<-'EOF'
		import sys
		import pooltrace

		class Row:
		    def __init__(self, i):
		        self.a, self.b, self.c = i, str(i), None

		@pooltrace.region("fill")
		def fill(n):
		    return [Row(i) for i in range(n)]

		with pooltrace.region("whole"):
		    rows = fill(int(sys.argv[1]))
		pooltrace.mark("ready")
		print(len(rows), pooltrace.is_recording())
		sys.exit(3)
	EOF
}

@test "wheel: at most 5 MB, one file for every Python 3, and the tag is that of its glibc" {
	local wheel=("$WHEELS"/*.whl)
	[ "$(stat -c %s "${wheel[0]}")" -lt 5000000 ]
	[[ ${wheel[0]} == *-py3-none-manylinux_2_3[5-9]_x86_64.whl ]]
}

@test "wheel: run records a script with its arguments and exit code, and reports it" {
	run -3 "$VENV/bin/pooltrace" run -o app.trace app.py 20000
	[[ $output == *"20000 True"* ]]
	[[ $output == *"app.py 20000"* ]]
	[ -f app.trace ]
}

@test "wheel: python -m pooltrace run -m MODULE and -c CODE" {
	run -3 "$VENV/bin/python" -m pooltrace run --no-report -o m.trace -m app 5
	run -0 "$VENV/bin/python" -I -m pooltrace run --no-report -o c.trace -c 'import sys; print(sys.flags.isolated)'
	[[ $output == 1* ]]
	[ -f m.trace ] && [ -f c.trace ]
}

@test "wheel: without a recording, regions and marks do nothing" {
	run -3 "$VENV/bin/python" app.py 5
	[ "$output" = "5 False" ]
}

@test "wheel: marks and regions are in the trace" {
	run -3 "$VENV/bin/pooltrace" run --no-report -o app.trace app.py 5
	"$VENV/bin/pooltrace" dump app.trace | grep -oE '(region|mark) .*' | tr -s ' ' > seen
	diff - seen <<-'EOF'
		region 1 whole
		region 2 fill
		mark ready
	EOF
}

@test "wheel: load() gives findings, sites, classes and the timeline, which add up" {
	run -3 "$VENV/bin/pooltrace" run --no-report -o app.trace app.py 20000
	"$VENV/bin/python" - <<-'EOF'
		import pooltrace
		t = pooltrace.load("app.trace")
		assert sum(s.allocs for s in t.sites) == t.totals["allocs"] > 20000
		assert sum(s.live_bytes for s in t.sites) == t.totals["live_bytes"]
		row = [c for c in t.classes if c.name == "Row"][0]
		assert row.built == 20000 and row.module == "__main__", row
		assert any(f.function == "fill" and f.file.endswith("app.py") for s in t.sites for f in s.frames)
		assert t.timeline[-1].allocs == t.totals["allocs"]
		assert t.rows("classes")[0]["built"] > 0 and t.rows()[0]["stack"]
		try:
		    pooltrace.load("app.py")
		except Exception as problem:
		    assert "app.py" in str(problem)
		else:
		    raise AssertionError("a script is no trace")
	EOF
}
