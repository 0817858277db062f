# Which interpreters the tests run on.
#
#   all_pythons      every CPython from 3.8 to 3.14 there is, oldest first: POOLTRACE_TEST_PYTHONS
#                    (separated by blanks or colons), else python3 and what pyenv has
#   some_pythons     the oldest and the newest of them; all with PYTHONS=all
#   on_newest F...   runs F on the newest of them; on all with PYTHONS=all
#   on_pythons F...  runs the function F for each of some_pythons, in $PYTHON; fails if one fails, and says which

# A Python program has thousands of sites with long stacks: these tests ask for classes and findings.
REPORT_TOP=100

candidate_pythons() {
	if [ -n "${POOLTRACE_TEST_PYTHONS:-}" ]; then
		tr ' :' '\n\n' <<< "$POOLTRACE_TEST_PYTHONS"
	else
		command -v python3
		ls "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3 2> /dev/null
	fi
}

all_pythons() {
	local p version
	for p in $(candidate_pythons); do
		version=$("$p" -c 'import sys
if (3, 8) <= sys.version_info < (3, 15): print("%d %d %d" % sys.version_info[:3])' 2> /dev/null) || continue
		[ -z "$version" ] || echo "$version $p"
	done | sort -u -n -k1,1 -k2,2 -k3,3 | awk '!seen[$1, $2, $3]++ { print $4 }'
}

some_pythons() {
	if [ "${PYTHONS:-}" = all ]; then
		all_pythons
	else
		all_pythons | sed -n '1p;$p' | uniq
	fi
}

on_pythons() {
	run_on "$(some_pythons)" "$@"
}

on_newest() {
	if [ "${PYTHONS:-}" = all ]; then
		on_pythons "$@"
	else
		run_on "$(all_pythons | tail -1)" "$@"
	fi
}

run_on() {
	local p failed=0 why=$BATS_TEST_TMPDIR/why n=0 pythons=$1
	shift
	for p in $pythons; do
		n=$((n + 1))
		PYTHON=$p
		if "$@" > "$why" 2>&1; then
			log_python "$p" holds
			continue
		fi
		log_python "$p" FAILS
		failed=$((failed + 1))
		echo "--- with $p:"
		cat "$why"
	done
	[ $n -gt 0 ] || skip "there is no CPython"
	[ $failed = 0 ]
}

# One line a test and interpreter: what `make test-articles` is read for.
log_python() { # PYTHON VERDICT
	mkdir -p "$BUILD/tests/log"
	printf '%s\t%s\t%s\n' "$("$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')" "$2" \
		"${BATS_TEST_DESCRIPTION:-}" >> "$BUILD/tests/log/pythons"
}

# Whether the modules that a target needs are there.
python_has_needs() {
	local module
	for module in $(target_header "$1" needs); do
		"$PYTHON" -c "import $module" 2> /dev/null || return 1
	done
}

# The verdicts of several targets with $PYTHON.
verdicts() {
	local name failed=0 why=$BATS_TEST_TMPDIR/verdict
	for name in "$@"; do
		python_has_needs "$name" || continue
		expect_target "$name" > "$why" 2>&1 || { failed=$((failed + 1)); echo "$name:"; cat "$why"; }
		rm -rf "$BATS_TEST_TMPDIR"/traced*
	done
	[ $failed = 0 ]
}
