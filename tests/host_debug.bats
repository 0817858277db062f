# The recorder's assertions and its debug log, in the failure injection build (`make DEBUG=1` has them, too).

bats_require_minimum_version 1.5.0
load helpers/common

# debug_run COMMAND...: runs it with the library that asserts; its log is in the file `log`.
debug_run() {
	cd "$BATS_TEST_TMPDIR"
	POOLTRACE_DEBUG_FD=9 POOLTRACE_OUT=%e.%p.trace LD_PRELOAD=$BUILD/fault/libpooltrace.so \
		timeout -k 5 "$LIMIT_SECONDS" "$@" 9> log > /dev/null
	never grep -q 'assertion failed' log
}

@test "debug: locks are taken in the order of their ranks, in threads that fork" {
	debug_run "$BUILD/targets/host/fork_threads"
	grep -qx 'pooltrace [0-9]*: forks, all locks taken: 1' log
	grep -qx 'pooltrace [0-9]*: new process, recording: 1' log
}

@test "debug: a signal handler that forks never meets a lock of its own thread" {
	debug_run env LEDGER=ledger "$BUILD/targets/host/fork_in_handler"
	never grep -q 'all locks taken: 0' log
}

@test "debug: locks are in order in CPython, with threads, a fork, a census at exit" {
	debug_run "$PYTHON" -c '
import os, threading
class Item:
    def __init__(self, n): self.values = list(range(n))
def work():
    return [Item(i % 50) for i in range(2000)]
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
child = os.fork()
if not child: os._exit(0)
os.waitpid(child, 0)
[t.join() for t in threads]'
	grep -q 'python is ready' log
	grep -qx 'pooltrace [0-9]*: ends, as enum ptf_end: 1' log
}

@test "debug: other builds have neither assertions nor a log" {
	cd "$BATS_TEST_TMPDIR"
	POOLTRACE_DEBUG_FD=9 POOLTRACE_OUT=%e.%p.trace LD_PRELOAD=$(preload_library) true 9> log
	[ ! -s log ]
	never grep -q 'assertion failed' "$BUILD/libpooltrace.so"
}
