# `pooltrace diff`: places matched whatever moved, noise of several runs, formats, the limit.
bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# A trace of blocks: trace_of NAME N SIZE [FUNCTION_FILE LINE] ...; one Python function a triple.
trace_of() {
	local name=$1 code=0 address=65536
	shift
	{
		echo "process /usr/bin/program program"
		echo "pid 7"
		local words=("$@") i
		for ((i = 0; i < ${#words[@]}; i += 5)); do
			code=$((code + 1))
			echo "code ${words[i + 3]} ${words[i + 2]} ${words[i + 4]}"
			echo "pyframe $code ${words[i + 4]}"
			echo "stack $code"
		done
		echo "at 1000"
		code=0
		for ((i = 0; i < ${#words[@]}; i += 5)); do
			code=$((code + 1))
			echo "repeat ${words[i]}"
			echo "malloc $address+i*4096 ${words[i + 1]} $code"
			echo "free $address+i*4096 $code"
			echo "again"
		done
		echo "end exit 0 2000000"
	} > "$name.txt"
	"$BUILD/tests/helpers/mktrace" "$name.txt" "$name.trace"
}

@test "diff: totals, places with line and share, by change" {
	trace_of a 100 64 parse /src/main.py 10 50 32 load /src/main.py 20 10 16 same /src/main.py 30
	trace_of b 300 64 parse /src/main.py 12 10 16 same /src/main.py 33 5 1000 store /src/main.py 40
	"$POOLTRACE" diff a.trace b.trace | assert_golden diff.txt
	"$POOLTRACE" diff --format markdown a.trace b.trace | assert_golden diff.md
}

@test "diff: moved lines, another directory and another temporary file are no change" {
	trace_of a 100 64 parse /tmp/run.1/main.py 10 50 32 load /tmp/tmpab12cd3_.py 20
	trace_of b 100 64 parse /home/me/main.py 410 50 32 load /tmp/tmpzz99zz9_.py 7
	run -0 "$POOLTRACE" diff a.trace b.trace
	[[ $output == *"no place changed"* && $output != *pair* ]]
	run -0 "$POOLTRACE" diff --by stack a.trace b.trace
	[[ $output == *"no place changed"* && $output != *pair* ]]
}

@test "diff: a program built again, moved, longer and otherwise optimized, has the same places" {
	cat > head.h <<-'X'
		#include <stdlib.h>
		#include <string.h>
	X
	cat > body.h <<-'X'
		static __attribute__((noinline)) char *copy(const char *s) { char *p = malloc(strlen(s) + 1); return strcpy(p, s); }
		static __attribute__((noinline)) int work(int n) { int sum = 0; for (int i = 0; i < n; i++) { char *p = copy("some text"); sum += p[i % 5]; free(p); } return sum; }
		int main(void) { return work(500) & 1; }
	X
	mkdir one two
	cat head.h body.h > one/a.c
	(cat head.h; for i in $(seq 30); do echo "/* line $i */"; done; cat body.h) > two/a.c
	(cd one && gcc -g -O1 -o program a.c)
	(cd two && gcc -g -O2 -o program a.c)
	record "$PWD/one/program"
	local before=$TRACE
	record "$PWD/two/program"
	run -0 "$POOLTRACE" diff --by stack "$before" "$TRACE"
	[[ $output == *"no place changed"* && $output != *pair* ]]
}

@test "diff: a renamed function is a pair that cancels, another size is not" {
	trace_of a 100 64 old_name /src/main.py 10 50 32 gone /src/main.py 20
	trace_of b 100 64 new_name /src/main.py 10 50 48 came /src/main.py 20
	run -0 "$POOLTRACE" diff a.trace b.trace
	[[ $output == *"1 pair of a place gone and a new one with the same numbers"* ]]
	[[ $output != *new_name* && $output == *gone* && $output == *came* ]]
	"$POOLTRACE" diff --format json a.trace b.trace | jq -e '[.places[] | select(.hidden) | .state] | sort == ["gone", "new"]'
}

@test "diff: of several runs the means are compared, and what lies within their range is noise" {
	trace_of a1 100 64 steady /src/main.py 10 50 32 jitter /src/main.py 20 200 8 grown /src/main.py 30
	trace_of a2 100 64 steady /src/main.py 10 60 32 jitter /src/main.py 20 210 8 grown /src/main.py 30
	trace_of b1 100 64 steady /src/main.py 10 55 32 jitter /src/main.py 20 400 8 grown /src/main.py 30
	trace_of b2 100 64 steady /src/main.py 10 58 32 jitter /src/main.py 20 420 8 grown /src/main.py 30
	"$POOLTRACE" diff a1.trace a2.trace -- b1.trace b2.trace | assert_golden diff_runs.txt
	"$POOLTRACE" diff --format json a1.trace a2.trace -- b1.trace b2.trace > out
	jq -e '[.places[] | select(.hidden | not) | .name] == ["grown (main.py)"]' out
	jq -e '.places_within_noise == 1 and .equal_places == 1 and .totals.allocs.before == {mean: 360, least: 350, most: 370}' out
}

@test "diff: two runs of one side and one equal run of the other have no difference, not even noise" {
	trace_of a 100 64 steady /src/main.py 10
	"$POOLTRACE" diff --format json a.trace a.trace -- a.trace | jq -e '.equal_places == 1 and .places_within_noise == 0'
}

@test "diff: --fail-on-increase says by how much and where, and lies beyond the noise" {
	trace_of a 100 64 parse /src/main.py 10
	trace_of b 104 64 parse /src/main.py 10
	trace_of c 110 64 parse /src/main.py 10
	run -0 "$POOLTRACE" diff --fail-on-increase 5% a.trace b.trace
	run -3 --separate-stderr "$POOLTRACE" diff --fail-on-increase 5% a.trace c.trace
	[[ $stderr == *"allocations grew by 10 %, more than 5 %"*"+10 by parse (main.py)  main.py:10"* ]]
	run -0 "$POOLTRACE" diff --fail-on-increase 5% a.trace c.trace -- b.trace c.trace
	run -0 "$POOLTRACE" diff --fail-on-increase 0 c.trace a.trace
}

@test "diff: removed, new and unchanged findings; of a program that was moved and built again, too" {
	record error_path
	local leaks=$TRACE
	mkdir elsewhere
	(seq -f '/* line %g */' 40; cat "$ROOT/targets/c/error_path.c") > elsewhere/error_path.c
	gcc -g -O2 -I"$ROOT/targets" -o elsewhere/error_path elsewhere/error_path.c
	record "$PWD/elsewhere/error_path"
	run -0 "$POOLTRACE" diff "$leaks" "$TRACE"
	[[ $output == *"same  leak message_handle"* && $output == *"no place changed"* ]]
	record error_path.fix
	run -0 "$POOLTRACE" diff "$leaks" "$TRACE"
	[[ $output == *"gone  leak message_handle"* ]]
	"$POOLTRACE" diff --format json "$TRACE" "$leaks" | jq -e '.findings[0] | .state == "new" and .runs_before == 0 and .runs_after == 1'
}

@test "diff: hostile names are text in every format" {
	trace_of a 10 64 '<script>alert(1)</script>|`x`' '/src/&lt;.py' 1
	trace_of b 20 64 '<script>alert(1)</script>|`x`' '/src/&lt;.py' 1
	"$POOLTRACE" diff --format html a.trace b.trace > out.html
	never grep -q '<script>' out.html
	grep -q '&lt;script&gt;' out.html
	"$POOLTRACE" diff --format markdown a.trace b.trace > out.md
	grep -qF "\`<script>alert(1)</script>\\|'x' (&lt;.py)\`" out.md
}

@test "diff: wrong use is said" {
	trace_of a 10 64 f /src/a.py 1
	run -2 "$POOLTRACE" diff a.trace
	[[ $output == *"two traces, or several before and after '--'"* ]]
	run -2 "$POOLTRACE" diff a.trace a.trace a.trace
	run -2 "$POOLTRACE" diff -- a.trace
	run -2 "$POOLTRACE" diff --format markdow a.trace a.trace
	[[ $output == *"the nearest is markdown"* ]]
	run -2 "$POOLTRACE" diff --fail-on-increase much a.trace a.trace
	run -1 "$POOLTRACE" diff -o /dev/full a.trace a.trace
}
