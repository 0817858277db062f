# The HTML report, used in a real browser: every panel, its numbers against the JSON, and that it does no harm.

bats_require_minimum_version 1.5.0
load helpers/common

NODE_MODULES=${NODE_MODULES:-$ROOT/build/node/node_modules}

need_browser() {
	need node
	[ -d "$NODE_MODULES/puppeteer-core" ] && [ -d "$NODE_MODULES/axe-core" ] ||
		skip "puppeteer-core and axe-core are not in build/node (scripts/install-deps test)"
	CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no Chromium is installed"
	export CHROMIUM
}

# Page and JSON of traces, and a visit to the page.
check_page() {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" report --no-replay --format html -o page.html "$@"
	"$POOLTRACE" report --no-replay --format json "$@" > report.json
	[ "$(stat -c %s page.html)" -le 4000000 ]
	timeout -k 5 "$LIMIT_SECONDS" node "$ROOT/tests/browser/check_page.cjs" "$NODE_MODULES" page.html report.json
}

@test "html: a native program with findings" {
	need_browser
	record log_writer
	check_page "$TRACE"
}

@test "html: a program with marks and regions" {
	need_browser
	"$BUILD/tests/helpers/mktrace" "$ROOT/tests/traces/announced.txt" "$BATS_TEST_TMPDIR/announced.trace"
	check_page announced.trace
}

@test "html: native threads" {
	need_browser
	record worker_handoff
	check_page "$TRACE"
}

@test "html: a Python program with a pool to make" {
	need_browser
	record service_bad.py || record "$PYTHON" "$ROOT/targets/python/service_bad.py" 100 4 2 4
	check_page "$TRACE"
}

@test "html: a Python program with imports" {
	need_browser
	record "$PYTHON" -c 'import json, decimal, email.message; x = [decimal.Decimal(i) for i in range(20000)]'
	check_page "$TRACE"
}

@test "html: who holds the memory of a Python program stands in JSON and page" {
	need_browser
	record "$PYTHON" -c 'class Kept: pass
store = {i: bytes(1000) for i in range(2000)}; k = Kept(); k.big = [bytes(2000) for i in range(1000)]'
	check_page "$TRACE"
	jq -e '[.holders[] | select(.path | test("store"))] | length >= 1 and all(.[]; .retained_bytes > 2000000)' report.json
}

@test "html: several processes, one compared with another" {
	need_browser
	record bash -c "'$BUILD/targets/c/blocks_fixed'; '$BUILD/targets/cxx/log_writer'; true"
	check_page "${TRACES[@]}"
}

@test "html: names in a trace are text" {
	need_browser
	cd "$BATS_TEST_TMPDIR"
	{
		printf 'process /bin/</script><script>document.title=1</script> <img/src=x/onerror=alert(1)> \342\200\256txt.exe \033[31m\n'
		printf 'code /srv/</title><svg/onload=alert(1)>.py <img/src=x/onerror=alert(2)> 1\n'
		printf 'code /srv/b.py </script><iframe/src=javascript:alert(3)> 1\n'
		printf 'code /srv/c.py %s 1\n' "$(printf '%800s' x | tr ' ' y)"
		printf 'class <b>bold</b>&lt; "mod"--> 1 56\n'
		printf 'pyframe 1 30\npyframe 2 12\npyframe 3 4\nstack 1 2\nstack 1 3\nstack 1 2 3\n'
		printf 'at 1000\nmalloc 0x10000 72 1 1 3\nat 2000\nmalloc 0x20000 100 2 0 2\nat 3000\nmalloc 0x30000 5000 3 0 2\nat 900000\nfree 0x20000 2\n'
	} > evil.txt
	"$BUILD/tests/helpers/mktrace" evil.txt evil.trace
	check_page evil.trace
	[ "$(stat -c %s page.html)" -le 200000 ]
	[ "$(grep -c '<script' page.html)" = 3 ]
	run ! grep -q 'onerror' page.html
}

@test "html: a class name of a megabyte" {
	need_browser
	record "$PYTHON" -c 'C = type("<img src=x onerror=alert(1)>" + "y" * 1000000, (), {}); x = [C() for i in range(1000)]'
	check_page "$TRACE"
	[ "$(stat -c %s page.html)" -le 300000 ]
}

@test "html: the page allows itself its own script and no network" {
	record blocks_fixed
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" report --no-replay --format html -o page.html "$TRACE"
	grep -q "default-src 'none'; script-src 'sha256-[A-Za-z0-9+/=]*'; style-src 'sha256-[A-Za-z0-9+/=]*'; base-uri 'none'; form-action 'none'" page.html
	run ! grep -qE 'https?://|unsafe-inline' page.html
	"$POOLTRACE" report --no-replay --format html -o again.html "$TRACE"
	cmp page.html again.html
}

@test "html: confidential pages have no arguments, directories or source lines" {
	record "$PYTHON" "$ROOT/targets/python/service_bad.py" 20 1 1 4
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" report --no-replay --format html --confidential -o page.html "$TRACE"
	/usr/bin/python3 -c 'import base64, re, sys, zlib
page = open(sys.argv[1]).read()
data = "".join(zlib.decompress(base64.b64decode(x)).decode() for x in re.findall(r"octet-stream\" id=\"\w+\">([^<]*)<", page))
assert "\"totals\"" in data
wrong = [x for x in (sys.argv[2], "\"argv\"", "\"host\"", "\"source\"") if x in data]
assert not wrong, wrong' page.html "$ROOT"
}
