# One finding of each detector, from a trace that is written by hand: text, JSON and thresholds, to the byte.

bats_require_minimum_version 1.5.0
load helpers/common

# finding_report NAME OPTIONS...: a report on tests/traces/findings/NAME.txt with the prices of tests/traces/costs.txt,
# and with the options that the trace asks for in a line "# report: OPTIONS".
finding_report() {
	local name=$1 source=$ROOT/tests/traces/findings/$1.txt options
	shift
	read -ra options <<< "$(sed -n 's/^# report: //p' "$source")"
	cd "$BATS_TEST_TMPDIR"
	[ -f "$name.trace" ] || {
		sed "s,@APP@,$BUILD/tests/traces/app.so,; s,@APP_RUST@,$BUILD/tests/traces/app_rust.so," "$source" > script
		"$BUILD/tests/helpers/mktrace" script "$name.trace"
	}
	"$POOLTRACE" report --no-replay --cost-table "$ROOT/tests/traces/costs.txt" \
		${options[@]+"${options[@]}"} "$@" "$name.trace"
}

# The findings of a report that are too wide; a stack, a sketch and a command stay in one line.
too_wide() { # WIDTH
	sed -n '/^FINDINGS/,/^BY PLACE/p' | grep -vE '^     (at|by) |^       \|' | awk -v w="$1" 'length($0) > w'
}

@test "findings: their lines are as wide as the terminal, at 60 columns, too" {
	local name width
	for name in $(finding_names); do
		for width in 60 80 100; do
			COLUMNS=$width finding_report "$name" --all > "$BATS_TEST_TMPDIR/page"
			assert_eq "$(too_wide $width < "$BATS_TEST_TMPDIR/page")" "" "$name, $width columns: too wide"
		done
	done
}

# The sketch is left out: the text has it.
finding_json() {
	finding_report "$@" --format json --schema 1 | jq --tab '[.findings[] | del(.sketch)]' | sed "s,$BUILD,BUILD,"
}

finding_names() {
	basename -s .txt "$ROOT"/tests/traces/findings/*.txt
}

@test "golden: the text of each detector's finding" {
	local name failed=
	for name in $(finding_names); do
		finding_report "$name" --all | sed -n '/^FINDINGS/,/^BY PLACE/{ /^BY PLACE/!p }' |
			assert_golden "findings/$name.report" || failed+=" $name"
	done
	assert_eq "$failed" "" failed
}

@test "golden: the JSON of each detector's finding" {
	local name failed=
	for name in $(finding_names); do
		finding_json "$name" |
			assert_golden "findings/$name.json" || failed+=" $name"
	done
	assert_eq "$failed" "" failed
}

# `allocator` needs a measurement, `native` only holds options, and what `shareable` finds is of kind pool.
@test "golden: no detector is without a finding" {
	cd "$BATS_TEST_TMPDIR"
	"$POOLTRACE" report --thresholds | sed -n 's/^\([a-z-]*\):.*/\1/p' | sort -u |
		grep -vx -e allocator -e native -e shareable > detectors
	cat "$ROOT"/tests/golden/findings/*.json | jq -r '.[].kind' | sort -u > found
	comm -23 detectors found > missing
	assert_eq "$(cat missing)" "" "detectors without a golden finding"
}

# changed RELATION VALUE: a value of the option that the finding still passes.
changed() {
	case $1 in
	'>=') awk -v v="$2" 'BEGIN { printf "%.10g", v * 0.9 }' ;;
	*) awk -v v="$2" 'BEGIN { printf "%.10g", v * 1.0005 + 0.0001 }' ;;
	esac
}

@test "evidence: a threshold is printed as it is in force" {
	local name option relation value other n=0
	cd "$BATS_TEST_TMPDIR"
	for name in $(finding_names); do
		while read -r option relation value; do
			other=$(changed "$relation" "$value")
			finding_json "$name" --set "$option=$other" > changed.json
			jq -e --arg t "$option $relation $other" \
				'any(.[].evidence[]; .threshold == $t)' changed.json > /dev/null || {
				echo "$name: $option set to $other, but evidence does not say '$option $relation $other'"
				return 1
			}
			n=$((n + 1))
		done < <(jq -r '.[].evidence[] | .threshold // empty' "$ROOT/tests/golden/findings/$name.json" | sort -u)
	done
	[ "$n" -ge 15 ]
}

# Numbers that placeholders of sketches stand for.
SKETCH_NUMBERS='SLOT_BYTES=64 CHUNK_SLOTS=128 CHUNK_BYTES=65536 BUFFER_BYTES=300 RESERVE_BYTES=256 MOST_ENTRIES=1000
	HEADER_BYTES=16 N_CLASSES=64'

# compiles FILE: a sketch as it is, its placeholders defined beside it; 77: its compiler is not installed.
compiles() {
	local define=() number wrapper=$BATS_TEST_TMPDIR/wrapper text=
	for number in $SKETCH_NUMBERS; do define+=("-D$number"); done
	case $1 in
	*.c) cc -std=c11 -Wall -Wextra -Werror "${define[@]}" -DSTORAGE=static '-DPARTS=char part[8];' -fsyntax-only "$1" ;;
	*.cc) g++ -std=c++17 -Wall -Wextra -Werror "${define[@]}" -DSTORAGE=static '-DPARTS=char part[8];' -fsyntax-only "$1" ;;
	*.rs)
		command -v rustc > /dev/null || return 77
		for number in $SKETCH_NUMBERS; do text+="pub const ${number%=*}: usize = ${number#*=};"$'\n'; done
		printf '%sinclude!("%s");\n' "$text" "$1" > "$wrapper.rs"
		rustc --edition 2021 --crate-type lib --emit metadata -A non_snake_case -D warnings -o "$wrapper.rmeta" "$wrapper.rs"
		;;
	*.py) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$1" ;;
	*.sh) bash -n "$1" ;;
	*) return 1 ;;
	esac
}

@test "sketches: each file compiles as it is" {
	local f status n=0
	for f in "$ROOT"/analyzer/detect/sketches/*; do
		case $f in */bundle.*) # is added to the slab's
			cat "${f/bundle/slab}" "$f" > "$BATS_TEST_TMPDIR/both.${f##*.}"
			f=$BATS_TEST_TMPDIR/both.${f##*.} ;;
		esac
		status=0
		compiles "$f" || status=$?
		case $status in
		0) n=$((n + 1)) ;;
		77) ;;
		*) echo "$f does not compile"; return 1 ;;
		esac
	done
	[ "$n" -ge 20 ]
}

@test "sketches: no placeholder is left in a finding" {
	run ! grep -nE '\b(NAME|PLACE|STORAGE|THREADS|PARTS|CLASS|SLOTS|OPTIONS|TUNABLES|LIBRARY|[A-Z]+_(BYTES|SLOTS|NEEDED|KEYS|ENTRIES|CLASSES))\b|NAME_' \
		"$ROOT"/tests/golden/findings/*.report
}

@test "dump: a followed block shows the finding about its site, and what it would gain" {
	finding_report slab > "$BATS_TEST_TMPDIR/report"
	"$POOLTRACE" dump --follow 0x10000 slab.trace > follow
	grep -q '^9 finding  #1 slab: make_node' follow
	grep -q '^10 gain    0.00[0-9]* to 0.0[0-9]* ms of CPU (modelled)$' follow
}
