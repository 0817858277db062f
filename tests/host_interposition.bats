# Who is called, and when: start-up, functions that the host defines itself, other preloads, allocators that
# call themselves, what a program forbids itself, sanitizers.
load helpers/host

# With other libraries before ours in LD_PRELOAD, or (after:NAME) behind it.  ENVIRONMENT of both runs: $@.
same_with() { # BEFORE AFTER NAME [ARGS...]
	local out err status ours before=$1 after=$2
	shift 2
	ours=$(preload_library)
	HOST_COMMAND=${HOST_COMMAND:-$HOST/$1}
	ENVIRONMENT=(LD_PRELOAD="$before${before:+:}$after" ${WITH[@]+"${WITH[@]}"})
	run_bare "$HOST_COMMAND" "${@:2}"
	out=$OUT err=$ERR status=$STATUS
	EXTRA=(LD_PRELOAD="$before${before:+:}$ours${after:+:$after}" ${WITH[@]+"${WITH[@]}"})
	host_record "$@"
	unset HOST_COMMAND EXTRA
	assert_eq "$STATUS" "$status" "exit code traced" &&
		assert_same_file "$out" "$OUT" stdout &&
		assert_same_file "$(without_pids "$err")" "$(without_pids "$ERR")" stderr
}

@test "host: the program keeps its name, libraries' constructors get its arguments" {
	host_same program_name first -z
	grep -q '^constructor: 3 /' "$OUT"
	[ "$(grep -c program_name "$ERR")" -ge 5 ]
	HOST_COMMAND=$(type -P setarch) && [ -n "$HOST_COMMAND" ] && host_same setarch -R /bin/echo it ran
	HOST_COMMAND=$(type -P grep) && host_same grep --bad
}

@test "host: functions of the C library that the program defines itself are not called by us" {
	host_same own_functions
	is_whole
}

@test "host: libfaketime with a file that tells the time" {
	local lib
	lib=$(first_file /usr/lib/*/faketime/libfaketimeMT.so.1) || skip "faketime is not installed"
	echo "+2d" > "$BATS_TEST_TMPDIR/.faketimerc"
	WITH=(HOME="$BATS_TEST_TMPDIR" FAKETIME_NO_CACHE=1)
	same_with "$lib" "" churn 3 5000
	same_with "" "$lib" churn 3 5000
	ledger_holds
}

@test "host: reading the time stamp counter is forbidden" {
	local how
	for how in prctl syscall; do
		host_same no_counter $how
		ledger_holds
		is_whole
		assert_json '.process.duration_ms < 60000 and .process.duration_ms > 1'
	done
}

@test "host: preloads that wrap dlsym(), or start inside the first malloc, before ours and behind it" {
	local other
	for other in dlsym_wrapper starting_preload; do
		same_with "$(preload_path "$HOST/$other.so")" "" churn 3 20000
		is_whole
		same_with "" "$(preload_path "$HOST/$other.so")" churn 3 20000
		ledger_holds
		is_whole
	done
	same_with "$(preload_path "$HOST/starting_preload.so"):$(preload_path "$HOST/dlsym_wrapper.so")" "" churn 3 20000
}

@test "host: heaptrack before ours" {
	local lib
	lib=$(first_file /usr/lib/heaptrack/libheaptrack_preload.so /usr/lib/*/heaptrack/libheaptrack_preload.so) ||
		skip "heaptrack is not installed"
	WITH=(DUMP_HEAPTRACK_OUTPUT="$BATS_TEST_TMPDIR/heaptrack")
	same_with "$lib" "" churn 3 5000
}

@test "host: a preload behind ours, or before it, is called for each function by its name" {
	same_with "" "$(preload_path "$HOST/call_log.so")" called_by_name
	[ "$(grep -cE '^(dup2|dup3|pipe2|close|close_range|closefrom|prctl|syscall|_exit|_Exit|execl|execlp|execle|fork)\(' "$ERR")" -ge 25 ]
	grep -q '^execle(6, 1)$' "$ERR"
	same_with "$(preload_path "$HOST/call_log.so")" "" called_by_name
	same_with "" "" called_by_name
}

@test "host: a preload that has only the old kind of hash table" {
	${CC:-gcc} -D_GNU_SOURCE -O1 -fPIC -shared -Wl,--hash-style=sysv -o "$BATS_TEST_TMPDIR/old.so" "$ROOT/targets/host/call_log.so.c"
	same_with "" "$BATS_TEST_TMPDIR/old.so" called_by_name
	[ "$(grep -c '^dup3(' "$ERR")" -ge 2 ]
}

# The same numbers as with the C library's malloc.
totals_of() {
	report_numbers "$TRACE"
	jq -c '[.totals.allocs, .totals.frees, .totals.live_blocks, .health.unmatched_frees, .health.double_allocs, .health.lost_events]' "$REPORT"
}

@test "host: an allocator that calls malloc and free from its other functions counts once" {
	local plain nesting
	host_same nested_calls
	plain=$(totals_of)
	same_with "" "$(preload_path "$HOST/nesting_allocator.so")" nested_calls
	nesting=$(totals_of)
	# libstdc++'s own pool for exceptions and stdio's buffer are in both.
	assert_eq "$nesting" "$plain" "totals"
	health '.failed_allocs == 1' # operator new threw, which nobody sees
	assert_json '.process.allocator | endswith("nesting_allocator.so")'
	same_with "" "$(preload_path "$HOST/nesting_allocator.so")" churn 3 20000
	ledger_holds
	is_whole
}

@test "host: plugins with operators of their own in a C program" {
	host_same plugin_operators plugin_arena.so plugin_arena.so
	grep -q '^operators in the global scope: 0, sized free: 0$' "$OUT"
	grep -q '^arena: [1-9][0-9]* news, [1-9][0-9]* deletes, 0 strangers, aligned 1$' "$OUT"
	host_same plugin_operators plugin_plain.so plugin_arena.so
	grep -q '^plain: caught 2, handled 3' "$OUT"
	HOST_COMMAND=$PYTHON
	host_same python3 -c "import ctypes; ctypes.CDLL('$HOST/plugin_plain.so').plugin_run()"
	unset HOST_COMMAND
}

@test "host: under Valgrind, which warns of system calls that it does not know" {
	need valgrind
	HOST_COMMAND=valgrind
	host_same valgrind -q --error-exitcode=9 "$HOST/tls_destructors"
	unset HOST_COMMAND
	local t
	for t in "${TRACES[@]}"; do "$POOLTRACE" info "$t"; done > "$BATS_TEST_TMPDIR/info"
	grep -q 'note .*Valgrind runs the program' "$BATS_TEST_TMPDIR/info"
}

@test "host: system calls that are turned into signals" {
	ENVIRONMENT=()
	run_bare "$HOST/user_dispatch"
	[ "$STATUS" != 77 ] || skip "Linux before 5.11"
	host_same user_dispatch
	ledger_holds --prefix
	health '.stopped | contains("forbade itself system calls")'
}

@test "host: a filter of system calls that comes by the bare instruction" {
	local how
	for how in errno kill trap; do
		host_same filtered $how instruction
		ledger_holds --prefix
		health '.stop_reason != ""'
	done
	"$POOLTRACE" report "$TRACE" | grep -q 'forbade itself system calls'
}

sanitized() { # COMPILER FLAGS...
	local program=$BATS_TEST_TMPDIR/sanitized how
	command -v "$1" > /dev/null || return 0
	"$@" -D_GNU_SOURCE -O1 -g -o "$program" "$ROOT/targets/host/sanitized.c" -pthread 2> /dev/null || return 0
	HOST_COMMAND=$program
	for how in none leak overflow reuse race _exit; do
		# Reports name processes, threads' addresses and thread numbers.
		ENVIRONMENT=()
		run_bare "$program" $how
		local out=$OUT err=$ERR status=$STATUS
		host_record sanitized $how 2> /dev/null || [ "$STATUS" != 0 ] || [ ! -s "$OUT" ]
		assert_eq "$STATUS" "$status" "$*: exit code of $how traced" || return 1
		assert_same_file "$out" "$OUT" "$*: stdout of $how" || return 1
		assert_same_file <(kinds_of_faults "$err") <(kinds_of_faults "$ERR") "$*: what was found of $how" || return 1
	done
	unset HOST_COMMAND
	SANITIZED=$((SANITIZED + 1))
}

kinds_of_faults() {
	grep -oE '(SUMMARY|ERROR|WARNING): [A-Za-z]+Sanitizer:? [a-z -]+' "$1" || true
}

# $1: a program linked with ASan's shared runtime
starts_one_with_asan() {
	local how starter
	for how in leak _exit; do
		for starter in '"$0" $1; echo $?' 'LD_PRELOAD="${LD_PRELOAD:-} libm.so.6" "$0" $1; echo $?' 'exec "$0" $1'; do
			ENVIRONMENT=()
			run_bare sh -c "$starter" "$1" $how
			local out=$OUT err=$ERR status=$STATUS
			record sh -c "$starter" "$1" $how
			assert_eq "$STATUS" "$status" "exit code of $how"
			assert_same_file "$out" "$OUT" "stdout of $how"
			assert_same_file <(kinds_of_faults "$err") <(kinds_of_faults "$ERR") "what was found of $how"
		done
	done
	"$POOLTRACE" info "${TRACES[-1]}" > "$BATS_TEST_TMPDIR/info"
	grep -q 'recording stopped' "$BATS_TEST_TMPDIR/info"
	"$POOLTRACE" report --alone "${TRACES[-1]}" | tr -s ' \n' ' ' > "$BATS_TEST_TMPDIR/words"
	grep -q "Nothing can be said.* AddressSanitizer's shared runtime, which must be loaded first" "$BATS_TEST_TMPDIR/words"
}

@test "host: a recorded program starts one with ASan's shared runtime" {
	local program=$BATS_TEST_TMPDIR/with_asan source=$ROOT/targets/host/sanitized.c found=0
	if gcc -fsanitize=address -D_GNU_SOURCE -g -o "$program" "$source" -pthread 2> /dev/null; then
		starts_one_with_asan "$program"
		found=1
	fi
	if clang -fsanitize=address -shared-libasan -D_GNU_SOURCE -g -o "$program" "$source" -pthread 2> /dev/null; then
		export LD_LIBRARY_PATH=$(dirname "$(clang -print-file-name=libclang_rt.asan-x86_64.so)")
		starts_one_with_asan "$program"
		found=1
	fi
	[ $found = 1 ] || skip "no shared runtime of AddressSanitizer"
}

@test "host: programs under ASan, LSan, MSan, TSan and UBSan, gcc's and clang's" {
	SANITIZED=0
	sanitized gcc -fsanitize=address -static-libasan
	sanitized gcc -fsanitize=thread
	sanitized gcc -fsanitize=thread -static-libtsan
	sanitized gcc -fsanitize=undefined
	sanitized gcc -fsanitize=leak
	sanitized clang -fsanitize=address
	sanitized clang -fsanitize=thread
	sanitized clang -fsanitize=memory
	[ $SANITIZED -gt 0 ] || skip "no compiler with sanitizers"
}
