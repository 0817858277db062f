# The comparison of reports with `expect:` lines says no when it should.

bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cat > "$BATS_TEST_TMPDIR/report.json" <<-'JSON'
		{ "totals": { "allocs": 110, "live_bytes": 0 }, "health": { "lost_events": 0, "complete": true },
		  "sites": [
		    { "allocs": 60, "live_bytes": 10, "frames": [ { "function": "make(int)", "file": "/src/a.c", "line": 4 } ] },
		    { "allocs": 40, "live_bytes": 5, "frames": [ { "function": "make(int)", "file": "/src/a.c", "line": 9 } ] } ],
		  "classes": [ { "name": "Point", "built": 7 } ],
		  "findings": [ { "kind": "slab", "title": "a pool", "where": [ { "function": "make(int)", "line": 4 } ],
		    "evidence": [ { "name": "slot_bytes", "value": 64 } ] } ] }
	JSON
}

# holds LINE... : the expectation agrees with the report; differs: it does not.
expect() {
	printf '/*\n * %s\n */\nint a; /* @mark */\n' "$1" > "$BATS_TEST_TMPDIR/target.c"
	"$ROOT/tests/helpers/expect" "$BATS_TEST_TMPDIR/target.c" "$BATS_TEST_TMPDIR/report.json" ${2:-}
}

holds() {
	run -0 expect "$@"
}

differs() {
	run -1 expect "$@"
}

@test "expect: findings by kind, frame and evidence" {
	holds 'expect: finding kind=slab function=make line=@mark evidence.slot_bytes=64'
	differs 'expect: finding kind=slab function=other'
	differs 'expect: finding kind=slab evidence.slot_bytes>=65'
	differs 'expect: finding kind=leak'
	differs 'expect: no-finding kind=slab'
	holds 'expect: no-finding kind=slab function=other'
	differs 'expect: none'
}

@test "expect: numbers of the sites of one function are added up" {
	holds 'expect: site function=make allocs=100 live=15'
	differs 'expect: site function=make allocs=60'
	holds 'expect: site function=make line=9 allocs=40'
	differs 'expect: site function=other allocs=0'
}

@test "expect: totals, health, classes" {
	holds 'expect: total allocs=110 live=0'
	differs 'expect: total allocs=111'
	holds 'expect: health lost_events=0 complete=true'
	differs 'expect: health complete=false'
	holds 'expect: class name=Point built>=7'
	differs 'expect: class name=Point built>7'
	differs 'expect: class name=Line built=0'
	differs 'expect: total no_such_key=0'
}

@test "expect: variants have their own lines, none at all is an error" {
	differs 'expect: none' fix
	holds 'expect.fix: total allocs=110' fix
	differs 'nothing stated'
}
