# What the host_*.bats tests use beside common.bash.
#
#   host_same NAME [ARGS...]    run targets/host/NAME bare and traced: same stdout, stderr, exit code;
#                               the traced run keeps a ledger
#   host_record NAME [ARGS...]  the traced run alone
#   ledger_holds [OPTIONS]      the ledger's operations are in the traces (see helpers/ledger_check.c)
#   health FILTER               the filter holds of the health of the first process's trace
#   n_traces N                  so many traces were written
#   full_only                   skip unless HOST_FULL is set: `make test-host` sets it
#   by_scale SHORT LONG         SHORT, or LONG in a full run
#   need_root, need_mounts      skip without root, or without mounts of its own
#   in_odd_fs OPTIONS COMMAND   with a file system of a kind (helpers/odd_fs) on $BATS_TEST_TMPDIR/odd, which is gone after it
#   sum_of ARGS...              the sum that churn prints

source "$BATS_TEST_DIRNAME/helpers/common.bash"

HOST=$BUILD/targets/host

# The shell's word on a signal has the process id in it.
without_pids() {
	sed -E 's/line [0-9]+: +[0-9]+ /line: /' "$1" > "$1.plain"
	echo "$1.plain"
}

host_record() {
	local name=$1
	shift
	LEDGER=$BATS_TEST_TMPDIR/ledger
	rm -f "$LEDGER"
	ENVIRONMENT=(LEDGER="$LEDGER" ${EXTRA[@]+"${EXTRA[@]}"})
	record "${HOST_COMMAND:-$HOST/$name}" "$@"
	ENVIRONMENT=()
}

host_same() {
	local out err status
	ENVIRONMENT=()
	run_bare "${HOST_COMMAND:-$HOST/$1}" "${@:2}"
	out=$OUT err=$ERR status=$STATUS
	host_record "$@"
	assert_eq "$STATUS" "$status" "exit code traced"
	assert_same_file "$out" "$OUT" stdout
	assert_same_file "$(without_pids "$err")" "$(without_pids "$ERR")" stderr
}

ledger_holds() {
	"$BUILD/tests/helpers/ledger_check" "$@" "$LEDGER" "${TRACES[@]}"
}

health() {
	report "$TRACE"
	assert_json ".health | $1"
}

# Nothing lost, and the trace says how the process ended.
is_whole() {
	health '.lost_events == 0 and .complete'
}

n_traces() {
	assert_eq "${#TRACES[@]}" "$1" "number of traces"
}

full_only() {
	[ -n "${HOST_FULL:-}" ] || skip "long: make test-host"
}

by_scale() {
	if [ -n "${HOST_FULL:-}" ]; then echo "$2"; else echo "$1"; fi
}

need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

need_mounts() {
	unshare -m true 2> /dev/null || skip "cannot have mounts of its own here"
}

in_odd_fs() {
	need_root
	[ -w /dev/fuse ] || skip "no /dev/fuse"
	need_mounts
	LEDGER=$BATS_TEST_TMPDIR/ledger
	rm -f "$LEDGER"
	mkdir -p "$BATS_TEST_TMPDIR/odd"
	# shellcheck disable=SC2086 # several options
	unshare -m "$BUILD/tests/helpers/odd_fs" $1 "$BATS_TEST_TMPDIR/odd" bash -euc "$2"
}

# What churn prints as its sum.
sum_of() {
	"$HOST/churn" "$@" | sed 's/.*, \([0-9]*\) bytes/\1/'
}
