# Real applications of Python as Debian ships them: the same output, nothing lost, no finding that is not so.
# APPS_FULL=1 (tests/outside/run python_apps) runs more of them, for longer, with all detectors.
# They run with each interpreter of POOLTRACE_TEST_PYTHONS as well (one of a virtual environment, say) that has
# the modules.

load helpers/common
load helpers/python

APPS=$ROOT/tests/apps
SYSTEM=/usr/bin/python3

app_pythons() { # [full]: with APPS_FULL only, unless an interpreter is given
	[ -n "${1:-}" ] && [ -z "${APPS_FULL:-}" ] || echo "$SYSTEM"
	tr ' :' '\n\n' <<< "${POOLTRACE_TEST_PYTHONS:-}"
}

# Runs a function with each interpreter that has a module, in $PYTHON; says which, and which have it not.
with_module() { # MODULE FUNCTION [full]
	local version which n=0 failed=0
	for PYTHON in $(app_pythons "${3:-}"); do
		version=$(python_version "$PYTHON")
		which=$("$PYTHON" -c "import $1; print(getattr($1, '__version__', ''))" 2> /dev/null) ||
			{ echo "# CPython $version has no $1" >&3; continue; }
		echo "# CPython $version, $1 $which ($PYTHON)" >&3
		n=$((n + 1))
		"$2" || { echo "on CPython $version ($PYTHON)"; failed=1; }
	done
	[ $n -gt 0 ] || skip "no CPython with $1${3:+, or no APPS_FULL=1}"
	return $failed
}

# ARGUMENTS... of the interpreter; the trace is whole.
app_same() {
	local ENVIRONMENT=(HOME="$BATS_TEST_TMPDIR" PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0)
	assert_same_output "$PYTHON" "$@" && assert_eq "$STATUS" "${EXPECT_STATUS:-0}" "exit code" && report --no-replay --only leak &&
		assert_json '.health | .notes == [] and .complete and .lost_events == 0 and .double_allocs == 0' &&
		assert_json '.health.unmatched_frees == 0'
}

# Each kind of finding that there may be was checked by hand, with the system's modules; only with APPS_FULL, it
# takes a while.
only_findings() { # KINDS...
	[ -z "${APPS_FULL:-}" ] || [ "$PYTHON" != "$SYSTEM" ] ||
		{ report && assert_json "[.findings[].kind | select(IN(${*:-empty}) | not)] == []"; }
}

django_app() {
	# Instances of the models refer to each other through what was prefetched, and to their responses.
	app_same "$APPS/django_loop.py" "${APPS_FULL:+10}80" && only_findings '"collected-only"'
}

@test "python apps: Django answers requests" {
	with_module django django_app
}

numpy_app() {
	app_same "$APPS/numpy_work.py" "${APPS_FULL:+10}4" && only_findings
}

@test "python apps: numpy filters, fits and sorts" {
	with_module numpy numpy_app
}

sqlalchemy_app() {
	app_same "$APPS/sqlalchemy_work.py" 300
}

@test "python apps: sqlalchemy stores and loads" {
	with_module sqlalchemy sqlalchemy_app full
}

lxml_app() {
	app_same "$APPS/lxml_work.py" "${APPS_FULL:+10}30"
}

@test "python apps: lxml parses, searches and transforms" {
	with_module lxml lxml_app
}

pytest_app() {
	local EXPECT_STATUS=1 # one test fails
	app_same -m pytest -p no:cacheprovider -qq -rA "$APPS/suite" && only_findings &&
		grep -q '^PASSED ' "$OUT" && grep -q '^FAILED ' "$OUT" && grep -q '^SKIPPED ' "$OUT"
}

@test "python apps: pytest passes, fails and skips" {
	with_module pytest pytest_app
}

pip_app() {
	local wheels=$BATS_TEST_TMPDIR/wheels
	mkdir -p "$wheels"
	"$PYTHON" "$APPS/make_wheel.py" "$wheels" &&
		app_same -m pip list --disable-pip-version-check --format freeze &&
		app_same -m pip install -q --no-index --find-links "$wheels" --root-user-action ignore --target here tiny &&
		[ "$(cat "$BATS_TEST_TMPDIR/cwd/here/tiny.py")" = 'x = 1' ]
}

@test "python apps: pip lists, finds and installs" {
	with_module pip pip_app full
}
