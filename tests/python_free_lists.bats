# What the report says of free lists is so: of those types hardly any are seen, of the others all.

load helpers/common
load helpers/pythons

MADE=2000 # of each type in tests/python/churn.py

free_lists_told() {
	local ENVIRONMENT=(POOLTRACE_CENSUS=0 POOLTRACE_STACKS=python)
	record "$PYTHON" -I -S "$ROOT/tests/python/churn.py" $MADE && report_numbers || return
	# Up to 3.9 the types of iterators are not complete, and their objects have no class.
	jq -r --argjson made $MADE --arg source "$(sed -n 's/^        "\([A-Za-z_]*\)": lambda.*/\1/p' "$ROOT/tests/python/churn.py")" '
		.process.python as $python | ([.classes[] | {(.name): .built}] | add) as $built |
		($python.version | test("^3\\.[89]\\.")) as $old |
		$source | split("\n")[] | . as $name | ($built[$name] // 0) as $n |
		if $python.hidden_by_free_lists | index($name) then select($n >= $made * 0.75)
		elif $name == "frame" or ($old and test("_iterator$")) then empty
		else select($n < $made) end |
		"\($name): \($n) built of \($made)"' "$REPORT" > "$BATS_TEST_TMPDIR/wrong"
	[ ! -s "$BATS_TEST_TMPDIR/wrong" ] && return
	cat "$BATS_TEST_TMPDIR/wrong"
	return 1
}

@test "free lists: the types that they hide are named, no others" {
	on_pythons free_lists_told
}
