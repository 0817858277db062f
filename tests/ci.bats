# What a repository puts into its CI: the action's script, run as GitHub runs it.
bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin
	ln -s "$POOLTRACE" bin/pooltrace
	export PATH=$PWD/bin:$PATH RUNNER_TEMP=$PWD GITHUB_OUTPUT=$PWD/output GITHUB_STEP_SUMMARY=$PWD/summary
}

@test "action: limits that hold, limits that fail, and the command's own code" {
	export POOLTRACE_ACTION_RUN="'$BUILD/targets/c/announced' > out" POOLTRACE_ACTION_LIMITS="--max-peak 1M
		--max-allocs 100000"
	run -0 "$ROOT/packaging/ci/action"
	[[ $output == *"0 of 2 checks failed"* && $(< summary) == *"0 of 2 checks failed"* ]]
	grep -q "^traces=$PWD/pooltrace" output
	jq -e '.version == "2.1.0"' "$(sed -n 's/^sarif=//p' output)"

	POOLTRACE_ACTION_LIMITS="--max-bytes 1" run -3 "$ROOT/packaging/ci/action"
	[[ $output == *"::error file="*",title=pooltrace max-bytes::"* ]]
	POOLTRACE_ACTION_RUN="exit 7" run -7 "$ROOT/packaging/ci/action"
}

@test "action: a trace to compare with is in the summary" {
	record announced
	POOLTRACE_ACTION_RUN="'$BUILD/targets/c/announced'" POOLTRACE_ACTION_LIMITS="--max-peak 1M" POOLTRACE_ACTION_BEFORE=$TRACE \
		run -0 "$ROOT/packaging/ci/action"
	grep -q '^| allocations | ' summary
}

@test "action: its file names what its script reads" {
	"$PYTHON" - "$ROOT" <<-'X'
		import re, sys
		text = open(sys.argv[1] + "/action.yml").read()
		script = open(sys.argv[1] + "/packaging/ci/action").read()
		names = set(re.findall(r"POOLTRACE_ACTION_\w+", script))
		assert names == set(re.findall(r"^ +(POOLTRACE_ACTION_\w+):", text, re.M)), names
		for name in re.findall(r"inputs\.(\w+)", text):
		    assert re.search(rf"^  {name}:$", text, re.M), name
	X
}
