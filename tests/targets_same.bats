# Every program of targets/ does the same with the library as without it, and is the same to itself.

load helpers/common
load helpers/state

# Whether the modules that a Python target needs are there.
has_needs() {
	local module
	for module in $(target_header "$1" needs); do
		"$PYTHON" -c "import $module" 2> /dev/null || return 1
	done
}

# The targets of one language that may run by themselves.
runnable() {
	local f name
	for f in "$ROOT"/targets/$1; do
		[ -f "$f" ] || continue
		name=$(basename "$f")
		case $name in *.so.c | *.so.cc | _*) continue ;; esac
		name=${name%.*}
		case $(target_header "$name" run) in no*) continue ;; esac
		has_needs "$name" || continue
		echo "$name"
		[ -z "$(target_header "$name" fix)" ] || echo "$name.fix"
	done
}

check_all() {
	local name names failed=0 n=0
	names=$(runnable "$1")
	[ -n "$names" ] || skip "there are none"
	for name in $names; do
		n=$((n + 1))
		assert_same_run "$name" > "$BATS_TEST_TMPDIR/why" 2>&1 ||
			{ failed=$((failed + 1)); echo "--- $name"; cat "$BATS_TEST_TMPDIR/why"; continue; }
		rm -rf "$BATS_TEST_TMPDIR"/bare* "$BATS_TEST_TMPDIR"/traced*
	done
	echo "$failed of $n targets differ"
	[ $failed = 0 ]
}

@test "targets: C programs say the same bare and traced" {
	check_all 'c/*.c'
}

@test "targets: C++ programs say the same bare and traced" {
	check_all 'cxx/*.cc'
}

@test "targets: Python programs say the same bare and traced" {
	need "$PYTHON"
	check_all 'python/*.py'
}
