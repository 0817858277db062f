# make install: into a DESTDIR, run from there, and taken away again.

bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	[ "$(basename "$BUILD")" = build ] || skip "installing is tested from the plain build"
}

@test "install: into DESTDIR, works from there, uninstall leaves nothing" {
	local to="$BATS_TEST_TMPDIR/a place"
	make -s -C "$ROOT" install PREFIX=/opt/pt DESTDIR="$to" > /dev/null
	[ -x "$to/opt/pt/bin/pooltrace" ]
	cd "$BATS_TEST_TMPDIR"
	timeout 60 "$to/opt/pt/bin/pooltrace" record -o a.trace "$BUILD/targets/c/blocks_fixed"
	"$to/opt/pt/bin/pooltrace" report --format json a.trace | jq -e '.totals.allocs >= 110'
	make -s -C "$ROOT" uninstall PREFIX=/opt/pt DESTDIR="$to" > /dev/null
	assert_eq "$(find "$to" -type f | wc -l)" 0 "files left"
}

@test "install: make help names the targets" {
	local help t
	help=$(make -s -C "$ROOT" help)
	for t in test asan tsan fuzz bench lint coverage golden install uninstall; do
		assert_match "$help" "make $t"
	done
}

@test "install: a second make has nothing to do" {
	run -0 make -C "$ROOT"
	assert_eq "$(grep -cE '^ +(CC|LD|AR) ' <<< "$output")" 0 "files built again"
}
