# pooltrace try on Python programs: classes are created with the slots that a finding names.

load helpers/common
load helpers/pythons

program() {
	cat > "$BATS_TEST_TMPDIR/points.py" <<- 'END'
		import sys


		class Point:
		    def __init__(self, x, y):
		        self.x = x
		        self.y = y
		        self.tag = None


		points = [Point(i, i + 1) for i in range(60000)]
		print(sum(p.x + p.y for p in points), type(Point) is type)
		if len(sys.argv) > 1:
		    points[5].late = 3
	END
}

try_points() { # PYTHON [ARGUMENT]
	STATUS=0
	OUTPUT=$("$POOLTRACE" try --runs 2 "$TRACE" -- "$1" "$BATS_TEST_TMPDIR/points.py" "${@:2}" 2>&1) || STATUS=$?
}

@test "try: a class gets the slots of its finding, on the oldest and the newest interpreter" {
	local python
	program
	for python in $(some_pythons); do
		TRACE=$BATS_TEST_TMPDIR/points.trace
		"$POOLTRACE" record -q -f --baseline -o "$TRACE" -- "$python" "$BATS_TEST_TMPDIR/points.py" > /dev/null 2>&1
		try_points "$python"
		assert_match "$OUTPUT" 'class Point was made with 3 slots'
		assert_match "$OUTPUT" 'the same output and exit code in all'
		assert_match "$OUTPUT" 'peak RSS .* [0-9.]+ MiB to [0-9.]+ MiB$'
		try_points "$python" late
		assert_eq "$STATUS" 3 "exit code"
		assert_match "$OUTPUT" 'class Point sets an attribute that the trace did not see: late at .*points.py:14'
		report "$TRACE"
		assert_json '.findings[] | select(.kind == "slots") | .prediction | .tier == "enacted" and .live_bytes_saved.low > 1000000'
	done
}
