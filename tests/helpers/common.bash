# What every end-to-end test uses: record -> analyze -> assert.  tests/README.md tells how.
#
#   record NAME [ARGS...]         run a target traced; sets TRACE, TRACES, STATUS, OUT, ERR
#   run_bare NAME [ARGS...]       run it without the library; sets STATUS, OUT, ERR
#   report [OPTIONS] [TRACE...]   analyze into $REPORT (JSON, schema 1: a site is an object)
#   report_numbers [OPTIONS]      the same without advice: the numbers of sites, classes and health
#   json FILTER                   jq -r over $REPORT
#   assert_json FILTER            the filter holds of $REPORT
#   expect_target NAME            record, report, and compare with the `expect:` lines of its header
#   assert_same_output NAME       bare and traced: same stdout, stderr and exit code
#   never COMMAND...              the command fails (a bare `! command` fails no test unless it is the last)
#   assert_golden NAME            stdin equals tests/golden/NAME (UPDATE_GOLDEN=1 rewrites it)
#
# REPORT_TOP is the `--top` of `report` where none is given.
# Each returns non-zero when it does not hold, whether or not `set -e` is in force.
#
# NAME is a target: targets/c/NAME.c, targets/cxx/NAME.cc (NAME.fix for the variant built with -DFIX),
# targets/python/NAME.py; or a path or command.

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BUILD=${BUILD:-build}
[[ $BUILD = /* ]] || BUILD=$ROOT/$BUILD
POOLTRACE=$BUILD/pooltrace
# The system's interpreter: another `python3` in the PATH may be a script that looks for one.
[ -n "${PYTHON:-}" ] || { PYTHON=/usr/bin/python3; [ -x "$PYTHON" ] || PYTHON=python3; }
LIMIT_SECONDS=${LIMIT_SECONDS:-120}
export ROOT BUILD POOLTRACE LC_ALL=C.UTF-8 TZ=UTC
unset LD_PRELOAD
# Outside of bats (a shell that sources this file to try things) there is one, too.
BATS_TEST_TMPDIR=${BATS_TEST_TMPDIR:-$BUILD/tests/by-hand}

# The loader splits LD_PRELOAD at spaces and colons: a library in such a directory goes through a link.
preload_path() {
	local link=${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}/${1##*/}
	case $1 in
	*[\ :]*) [ -e "$link" ] || ln -sf "$1" "$link"; echo "$link" ;;
	*) echo "$1" ;;
	esac
}

preload_library() {
	preload_path "$BUILD/libpooltrace.so"
}

never() {
	! "$@"
}

# ---- programs ----

target_source() {
	local base=${1%.fix} f
	for f in "$ROOT/targets/c/$base.c" "$ROOT/targets/cxx/$base.cc" "$ROOT/targets/python/$base.py"; do
		if [ -f "$f" ]; then echo "$f"; return 0; fi
	done
	return 1
}

# The values of one key in a target's header comment.
target_header() {
	local source
	source=$(target_source "$1") || return 0
	sed -n "1,60s,^[/ *#]*$2: *,,p" "$source" | sed 's, *\*/ *$,,'
}

# Sets COMMAND to what runs the target; the header's `args:` when none are given.
target_command() {
	local name=$1 source args
	shift
	case $name in
	*/*) COMMAND=("$name" "$@"); return ;;
	esac
	if ! source=$(target_source "$name"); then
		COMMAND=("$name" "$@")
		return
	fi
	if [ $# = 0 ]; then
		read -ra args <<< "$(target_header "$name" args)"
		set -- ${args[@]+"${args[@]}"}
	fi
	case $source in
	*.py) COMMAND=("$PYTHON" "$source" "$@") ;;
	*.cc) COMMAND=("$BUILD/targets/cxx/$name" "$@") ;;
	*) COMMAND=("$BUILD/targets/c/$name" "$@") ;;
	esac
}

# Run COMMAND in a fresh directory, always the same one; `$1` names the one for its output.  ENVIRONMENT holds VAR=VALUE words.
run_command() {
	local dir=$BATS_TEST_TMPDIR/$1 cwd=$BATS_TEST_TMPDIR/cwd
	rm -rf "$cwd"
	mkdir -p "$dir" "$cwd"
	OUT=$dir/stdout ERR=$dir/stderr STATUS=0
	(cd "$cwd" && timeout -k 5 "$LIMIT_SECONDS" bash -c 'echo $$ > ../pid; exec env "$@"' - \
		${ENVIRONMENT[@]+"${ENVIRONMENT[@]}"} "${COMMAND[@]}") > "$OUT" 2> "$ERR" < "${STDIN:-/dev/null}" || STATUS=$?
	PID=$(< "$BATS_TEST_TMPDIR/pid")
}

run_bare() {
	target_command "$@"
	run_command bare
}

record() {
	local dir
	RECORD_COUNT=$((${RECORD_COUNT:-0} + 1))
	dir=traced$RECORD_COUNT
	target_command "$@"
	local ENVIRONMENT=(LD_PRELOAD="$(preload_library)${PRELOAD_TOO:+:$(preload_path "$PRELOAD_TOO")}"
		POOLTRACE_OUT="$BATS_TEST_TMPDIR/$dir/%e.%p.trace" ${ENVIRONMENT[@]+"${ENVIRONMENT[@]}"})
	REPRODUCE="${ENVIRONMENT[*]@Q} ${COMMAND[*]@Q}"
	run_command "$dir"
	TRACES=("$BATS_TEST_TMPDIR/$dir"/*.trace*)
	TRACE=
	local t
	for t in "${TRACES[@]}"; do
		case $t in
		*."$PID"."$PID".*) ;; # what it became by exec
		*."$PID".trace) [ -n "$TRACE" ] || TRACE=$t ;;
		esac
	done
	[ -f "$TRACE" ] || { echo "no trace of process $PID in $BATS_TEST_TMPDIR/$dir; the program said:"; head -20 "$ERR"; return 1; }
}

# ---- reports ----

report() {
	local has_file=no top=${REPORT_TOP:-} a
	for a in "$@"; do
		if [ -f "$a" ]; then has_file=yes; fi
		if [ "$a" = --top ]; then top=; fi
	done
	[ $has_file = yes ] || set -- "$@" "$TRACE"
	[ -z "$top" ] || set -- --top "$top" "$@"
	REPORT=$BATS_TEST_TMPDIR/report.json
	REPORT_STATUS=0
	timeout -k 5 "$LIMIT_SECONDS" "$POOLTRACE" report --format json --schema 1 "$@" > "$REPORT" 2> "$REPORT.err" || REPORT_STATUS=$?
	[ $REPORT_STATUS = 0 ] && return
	echo "pooltrace report exits with $REPORT_STATUS: $(head -5 "$REPORT.err")"
	return $REPORT_STATUS
}

# The numbers of sites, classes and health, for tests that ask for no advice: no detector but `leak`, no replay.
report_numbers() {
	report --no-replay --only leak "$@"
}

json() {
	jq -r "$@" "$REPORT"
}

assert_json() {
	jq -e "$1" "$REPORT" > /dev/null && return
	echo "does not hold: $1"
	echo "of: $(jq -c '{process, health, totals, findings: [.findings[]? | {id, kind, title}]}' "$REPORT")"
	return 1
}

expect_target() {
	record "$@" && report && check_expectations "$1"
}

check_expectations() {
	"$ROOT/tests/helpers/expect" "$(target_source "$1")" "$REPORT" "$([[ $1 = *.fix ]] && echo fix)"
}

# ---- assertions ----

assert_eq() {
	[ "$1" = "$2" ] && return
	echo "${3:-value} is '$1', not '$2'"
	return 1
}

assert_match() {
	grep -qE -e "$2" <<< "$1" && return
	printf 'does not match %s:\n%s\n' "$2" "$1"
	return 1
}

assert_same_file() {
	cmp -s "$1" "$2" && return
	echo "$3 differs (bare, traced):"
	diff -a "$1" "$2" | head -20
	return 1
}

assert_same_output() {
	local out err status
	run_bare "$@"
	out=$OUT err=$ERR status=$STATUS
	record "$@" &&
		assert_eq "$STATUS" "$status" "exit code traced" &&
		assert_same_file "$out" "$OUT" stdout &&
		assert_same_file "$err" "$ERR" stderr
}

assert_golden() {
	local golden=$ROOT/tests/golden/$1 got=$BATS_TEST_TMPDIR/golden.got
	cat > "$got"
	if [ -n "${UPDATE_GOLDEN:-}" ]; then
		mkdir -p "${golden%/*}"
		cp "$got" "$golden"
		return
	fi
	[ -f "$golden" ] || { echo "tests/golden/$1 is not there; UPDATE_GOLDEN=1 writes it"; return 1; }
	diff -u "$golden" "$got" | head -60
	cmp -s "$golden" "$got"
}

need() {
	local c
	for c in "$@"; do
		command -v "$c" > /dev/null || skip "$c is not installed"
	done
}

# RUSTC: a compiler that builds something.  rustup's stands before the distribution's, and may have no
# toolchain where HOME is another.
need_rustc() {
	local log="$BATS_TEST_TMPDIR/rustc.log"
	echo 'fn main() {}' > "$BATS_TEST_TMPDIR/empty.rs"
	for RUSTC in rustc /usr/bin/rustc; do
		! "$RUSTC" -o "$BATS_TEST_TMPDIR/empty" "$BATS_TEST_TMPDIR/empty.rs" > "$log" 2>&1 || return 0
	done
	skip "no rustc that builds an empty program: $(head -1 "$log")"
}

# First file that exists of several patterns; for libraries from packages.
first_file() {
	local f
	for f in "$@"; do
		if [ -e "$f" ]; then echo "$f"; return 0; fi
	done
	return 1
}

# A failing test keeps its traces and says how to repeat what it did.
keep_traces() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] && return
	local kept f
	kept=$BUILD/tests/log/kept/$(basename "$BATS_TEST_FILENAME" .bats)-$BATS_TEST_NUMBER
	mkdir -p "$kept"
	while IFS= read -r f; do cp "$f" "$kept/"; done < <(find "$BATS_TEST_TMPDIR" -name '*.trace' -size -64M | head -20)
	[ ! -f "${REPORT:-}" ] || cp "$REPORT" "$kept/"
	echo "kept in $kept: $(ls "$kept" | tr '\n' ' ')"
	[ -z "${REPRODUCE:-}" ] || echo "reproduce: $REPRODUCE"
}

teardown() {
	keep_traces
}
