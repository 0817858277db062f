# `pooltrace check`: limits, suppressions, baselines, regions, and what CI systems read.
bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# parse: 100 blocks of 64 bytes, freed; keep: 5 of 1000 bytes, live at the end.  SCALE times as many.
make_trace() {
	local scale=${2:-1}
	cat > "$1.txt" <<-X
		process /usr/bin/program program
		code $PWD/src/main.py parse 10
		code $PWD/src/store.py keep 20
		code $PWD/src/main.py main 90
		pyframe 1 11
		pyframe 2 21
		pyframe 3 91
		stack 3 1
		stack 3 2
		at 1000
		repeat 100*$scale
		malloc 0x10000+i*4096 64 1
		free 0x10000+i*4096 1
		again
		repeat 5*$scale
		malloc 0x9000000+i*4096 1000 2
		again
		end exit 0 2000000
	X
	"$BUILD/tests/helpers/mktrace" "$1.txt" "$1.trace"
}

@test "check: limits of the run hold or fail with exit code 3, by how much and where" {
	make_trace a
	run -0 "$POOLTRACE" check --max-leaked 5000 --max-peak 5064 --max-allocs 105 --max-bytes 11400 a.trace
	[[ $output == *"0 of 4 checks failed"* ]]
	run -3 "$POOLTRACE" check --max-leaked 4999 --max-peak 1K --max-allocs 104 --max-bytes 11399 a.trace
	assert_golden check_limits.txt <<< "$output"
}

@test "check: limits of functions count what callees allocate, and may name the file" {
	make_trace a
	run -0 "$POOLTRACE" check --max-allocs parse=100 --max-allocs 'main=105' --max-bytes 'store.py:k*=5000' a.trace
	run -3 "$POOLTRACE" check --max-allocs main=104 a.trace
	[[ $output == *"main: 105 allocations made, at most 104 allocations allowed; most by parse (main.py) < main (main.py)"* ]]
	run -0 "$POOLTRACE" check --max-allocs other.py:parse=0 a.trace
	run -3 "$POOLTRACE" check --max-bytes main.py:parse=6399 a.trace
	[[ $output == *"at src/main.py:11"* ]]
}

@test "check: two traces add up, the peak is the larger one" {
	make_trace a
	make_trace b 2
	run -0 "$POOLTRACE" check --max-allocs 315 --max-leaked 15000 --max-peak 10000 a.trace b.trace
	run -3 "$POOLTRACE" check --max-allocs 314 a.trace b.trace
	run -3 "$POOLTRACE" check --max-peak 9999 a.trace b.trace
}

@test "check: suppressions of LeakSanitizer and of valgrind" {
	make_trace a
	local good bad
	for good in leak:keep 'leak:^keep$' leak:store.py 'leak:k*p'; do
		echo "$good" > s
		run -0 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
		[[ $output == *"suppressed: 4.88 KiB"* ]]
	done
	for bad in leak:parse 'leak:^eep' 'leak:kee$'; do
		echo "$bad" > s
		run -3 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
	done
	printf '# ours\n{\n known\n Memcheck:Leak\n match-leak-kinds: reachable\n fun:malloc\n fun:keep\n ...\n fun:main\n}\n' > s
	run -0 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
	sed -i 's/fun:main/fun:other/' s
	run -3 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
	sed -i 's/fun:other/src:main.py:91/; s/Leak/Addr4/' s
	run -3 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
	sed -i 's/Addr4/Leak/' s
	run -0 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
	echo 'what:ever' > s
	run -2 "$POOLTRACE" check --max-leaked 0 --suppressions s a.trace
	[[ $output == *"'s' line 1: expected leak:PATTERN"* ]]
}

@test "check: the options of a TOML file are those of the command" {
	make_trace a
	cat > pooltrace.toml <<-'X'
		title = "other tables are other programs'"
		[other]
		max-allocs = 1
		[check]  # ours
		max-leaked = "5000"
		max-allocs = ["parse=100", 'main.py:main=105',]
		max-peak = 5064
		no-growth = false
	X
	run -0 "$POOLTRACE" check --config pooltrace.toml a.trace
	[[ $output == *"0 of 4 checks failed"* ]]
	sed -i 's/parse=100/parse=99/' pooltrace.toml
	run -3 "$POOLTRACE" check --config pooltrace.toml a.trace
	local wrong
	for wrong in 'max-leek = 5' 'max-leaked 5' 'max-leaked = "5' 'no-growth = 5' 'max-leaked = true' 'max-allocs = [1' 'max-leaked = 5 6'; do
		printf '[check]\n%s\n' "$wrong" > pooltrace.toml
		run -2 "$POOLTRACE" check --config pooltrace.toml a.trace
	done
}

@test "check: a baseline is sorted, symbolic, the same each time, and read by people" {
	make_trace a
	run -0 "$POOLTRACE" check --baseline base --update-baseline a.trace
	assert_golden check_baseline.txt < base
	sed -i 's/ 11$/ 711/; s/ 21$/ 721/; s/ 91$/ 791/' a.txt
	"$BUILD/tests/helpers/mktrace" a.txt a.trace
	"$POOLTRACE" check --baseline base2 --update-baseline a.trace
	cmp base base2
	run -0 "$POOLTRACE" check --baseline base a.trace
	run -1 "$POOLTRACE" check --baseline none a.trace
	[[ $output == *"--update-baseline writes it"* ]]
}

@test "check: what is above the baseline is named, with how it was; tolerance allows it" {
	make_trace a
	"$POOLTRACE" check --baseline base --update-baseline a.trace
	sed -i 's/repeat 100\*1/repeat 104/' a.txt
	"$BUILD/tests/helpers/mktrace" a.txt b.trace
	run -3 "$POOLTRACE" check --baseline base b.trace
	assert_golden check_above.txt <<< "$output"
	run -0 "$POOLTRACE" check --baseline base --tolerance 4% b.trace
	run -3 "$POOLTRACE" check --baseline base --tolerance 3% b.trace
	sed -i '/parse/d' base
	run -3 "$POOLTRACE" check --baseline base --tolerance 50% b.trace
	[[ $output == *"parse (main.py): 104 allocations made, before less than 1 % of the run"* ]]
	printf 'nonsense\n' > base
	run -1 "$POOLTRACE" check --baseline base b.trace
	[[ $output == *"not a baseline of this version"* ]]
}

@test "check: which region allocates more than before; limits of regions" {
	record announced
	"$POOLTRACE" check --baseline base --update-baseline "$TRACE"
	grep -q '^region.*	serve$' base
	run -0 "$POOLTRACE" check --baseline base "$TRACE"
	sed -i 's/^region	[0-9]*/region	0/' base
	run -3 "$POOLTRACE" check --baseline base "$TRACE"
	[[ $output == *"region serve: "* ]]
	run -3 "$POOLTRACE" check --max-allocs 'region:serv*=0' "$TRACE"
	run -3 "$POOLTRACE" check --max-allocs 'region:none=0' "$TRACE"
	[[ $output == *"the program announced no such region"* ]]
}

@test "check: findings fail it by kind, growth by name" {
	make_trace a
	run -0 "$POOLTRACE" check --no-growth --fail-on leak,slab a.trace
	record error_path
	run -3 "$POOLTRACE" check --no-growth "$TRACE"
	[[ $output == *"FAILED --no-growth: leak: "*"at targets/c/error_path.c:"* ]]
	run -3 "$POOLTRACE" check --fail-on pool,leak "$TRACE"
	run -0 "$POOLTRACE" check --fail-on pool "$TRACE"
	run -2 "$POOLTRACE" check --fail-on leek "$TRACE"
	[[ $output == *"the nearest is leak"* ]]
}

@test "check: JSON, JUnit, SARIF and GitHub's annotations say the same" {
	make_trace a
	run -3 "$POOLTRACE" check --max-leaked 1 --max-allocs 1000 --json j --junit x --sarif s --github a.trace
	[[ $output == *"::error file=src/store.py,line=21,title=pooltrace max-leaked::"* ]]
	jq -e '.failed == 1 and (.checks | length) == 2 and .checks[0].actual == 5000 and .checks[0].allowed == 1' j
	jq -e '.runs[0].results | length == 1' s
	jq -e '.runs[0].results[0] | .ruleId == "max-leaked" and .locations[0].physicalLocation.artifactLocation.uri == "src/store.py"' s
	"$PYTHON" - <<-'EOP'
		import xml.etree.ElementTree as E
		root = E.parse("x").getroot()
		assert root.tag == "testsuites" and root.get("failures") == "1" and root.get("tests") == "2"
		assert [len(c) for c in root.iter("testcase")] == [1, 0]
	EOP
	sed -i 's/ parse / <a\&"b> /; s/ keep / ::x,%0A /' a.txt
	"$BUILD/tests/helpers/mktrace" a.txt a.trace
	run -3 "$POOLTRACE" check --max-allocs '*=1' --max-leaked 1 --junit x --sarif s --github a.trace
	"$PYTHON" -c 'import xml.etree.ElementTree as E, json; E.parse("x"); json.load(open("s"))'
}

@test "check: wrong use is said" {
	make_trace a
	run -2 "$POOLTRACE" check a.trace
	[[ $output == *"no limit given"* ]]
	run -2 "$POOLTRACE" check --max-leaked 1
	[[ $output == *"no trace given"* ]]
	run -2 "$POOLTRACE" check --max-leaked many a.trace
	[[ $output == *"expected a size"* ]]
	run -2 "$POOLTRACE" check --update-baseline --max-leaked 1 a.trace
	run -1 "$POOLTRACE" check --max-leaked 1 --json /dev/full a.trace
	run -1 "$POOLTRACE" check --max-leaked 1 none.trace
}
