# Real applications of Python as Debian ships them: the same output, nothing lost, no finding that is not so.
# APPS_FULL=1 (tests/outside/run python_apps) runs more of them, for longer, with all detectors.

load helpers/common

# Python programs of many sites: findings and health are asked for, not the sites.
REPORT_TOP=100
APPS=$ROOT/tests/apps
SYSTEM=/usr/bin/python3

needs_module() {
	"$SYSTEM" -c "import $1" 2> /dev/null || skip "python3-$1 is not installed"
}

full_only() {
	[ -n "${APPS_FULL:-}" ] || skip "only with APPS_FULL=1"
}

# ARGUMENTS... of the system's interpreter; the trace is whole.
app_same() {
	local ENVIRONMENT=(HOME="$BATS_TEST_TMPDIR" PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0)
	assert_same_output "$SYSTEM" "$@" && assert_eq "$STATUS" "${EXPECT_STATUS:-0}" "exit code" && report --no-replay --only leak &&
		assert_json '.health | .notes == [] and .complete and .lost_events == 0 and .double_allocs == 0' &&
		assert_json '.health.unmatched_frees == 0'
}

# Each kind of finding that there may be was checked by hand; only with APPS_FULL, it takes a while.
only_findings() { # KINDS...
	[ -z "${APPS_FULL:-}" ] || { report && assert_json "[.findings[].kind | select(IN(${*:-empty}) | not)] == []"; }
}

@test "python apps: Django answers requests" {
	needs_module django
	app_same "$APPS/django_loop.py" "${APPS_FULL:+10}80"
	# Instances of the models refer to each other through what was prefetched, and to their responses.
	only_findings '"collected-only"'
}

@test "python apps: numpy filters, fits and sorts" {
	needs_module numpy
	app_same "$APPS/numpy_work.py" "${APPS_FULL:+10}4"
	only_findings
}

@test "python apps: sqlalchemy stores and loads" {
	full_only
	needs_module sqlalchemy
	app_same "$APPS/sqlalchemy_work.py" 300
}

@test "python apps: lxml parses, searches and transforms" {
	needs_module lxml
	app_same "$APPS/lxml_work.py" "${APPS_FULL:+10}30"
}

@test "python apps: pytest passes, fails and skips" {
	needs_module pytest
	EXPECT_STATUS=1 # one test fails
	app_same -m pytest -p no:cacheprovider -qq -rA "$APPS/suite"
	only_findings
	grep -q '^PASSED ' "$OUT" && grep -q '^FAILED ' "$OUT" && grep -q '^SKIPPED ' "$OUT"
}

@test "python apps: pip lists, finds and installs" {
	full_only
	needs_module pip
	local wheels=$BATS_TEST_TMPDIR/wheels
	mkdir "$wheels"
	"$SYSTEM" "$APPS/make_wheel.py" "$wheels"
	app_same -m pip list --disable-pip-version-check --format freeze
	app_same -m pip install -q --no-index --find-links "$wheels" --root-user-action ignore --target here tiny
	[ "$(cat "$BATS_TEST_TMPDIR/cwd/here/tiny.py")" = 'x = 1' ]
}
