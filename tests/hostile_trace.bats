# A trace from somebody else, and what it names, harm nobody who reads it: no code runs, nothing is written,
# nothing waits for ever, memory and time stay within the bounds of docs/robustness.md.

bats_require_minimum_version 1.5.0

load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# made NAME: NAME.trace from statements of helpers/mktrace on stdin.
made() {
	cat > "$1.txt"
	"$BUILD/tests/helpers/mktrace" "$1.txt" "$1.trace"
}

# A trace with calls enough to be replayed, whose allocator is $1.
trace_of_allocator() {
	made allocator <<-EOF
		process /opt/app/app app
		module 1 /nowhere/app
		allocator $1
		frame 1 0x1010
		stack 1
		repeat 3000
		malloc 0x10000+i*64 48 1
		free 0x10000+i*64 1
		again
		end exit 0 1000000
	EOF
}

# A shared library whose constructor creates the file RAN in the working directory.
library_that_runs() {
	mkdir -p "${1%/*}"
	gcc -shared -fPIC -o "$1" -x c - <<-'EOF'
		#include <fcntl.h>
		#include <unistd.h>
		__attribute__((constructor)) static void run(void) { close(open("RAN", O_CREAT | O_WRONLY, 0644)); }
	EOF
	rm -f RAN
	LD_PRELOAD=$1 /bin/true
	[ -e RAN ] # the library does what it is for
	rm RAN
}

# Largest resident memory of a command and its children in MiB; its output goes to out and err.
peak_mib() {
	"$PYTHON" - "$@" <<-'EOF'
		import resource, subprocess, sys
		code = subprocess.call(sys.argv[1:], stdout=open("out", "w"), stderr=open("err", "w"))
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
		sys.exit(0 if code in (0, 4) else 1)
	EOF
}

@test "hostile trace: a library that it names as the allocator is not loaded" {
	local lib
	for lib in "$PWD/evil.so" "$PWD/libjemalloc.so.2" "$PWD/libmimalloc.so.2.0" "$PWD/libc-evil.so"; do
		library_that_runs "$lib"
		trace_of_allocator "$lib"
		LD_LIBRARY_PATH=$PWD run -0 --separate-stderr "$POOLTRACE" report allocator.trace
		[ ! -e RAN ]
		LD_LIBRARY_PATH=$PWD run -0 --separate-stderr "$POOLTRACE" replay allocator.trace
		[ ! -e RAN ]
	done
}

@test "hostile trace: an allocator that is not known is said to be replaced, and the user can choose one" {
	trace_of_allocator /opt/own/libown.so.1
	run -0 --separate-stderr "$POOLTRACE" report allocator.trace
	assert_match "$stderr" "'/opt/own/libown.so.1', is not a known one; --allocator"
	run -2 "$POOLTRACE" report --allocator libm.so.6 allocator.trace
	run -2 "$POOLTRACE" report --allocator /nowhere/libx.so allocator.trace
	first_file /usr/lib/*/libjemalloc.so.2 || skip "no other allocator is installed"
	trace_of_allocator /opt/own/libjemalloc.so.2
	run -0 --separate-stderr "$POOLTRACE" report allocator.trace
	assert_eq "$stderr" "" "stderr"
}

@test "hostile trace: the replayer cannot write files, use the network or start programs" {
	gcc -shared -fPIC -O1 -o spy.so -x c - <<-'EOF'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		extern void *__libc_malloc(size_t);
		static int n;
		/* While the calls of a trace are made: tries what an allocator with a fault could be made to do. */
		static void try(void)
		{
			if (open("WRITTEN", O_CREAT | O_WRONLY, 0644) >= 0 || open("there", O_WRONLY) >= 0 ||
			    socket(AF_INET, SOCK_STREAM, 0) >= 0 || syscall(SYS_fork) >= 0 || unlink("there") == 0)
				_exit(1);
			execl("/bin/touch", "touch", "WRITTEN", (char *)0);
		}
		void *malloc(size_t bytes)
		{
			if (bytes == 48 && ++n == 1000)
				try();
			return __libc_malloc(bytes);
		}
	EOF
	: > there
	trace_of_allocator /opt/own/libown.so
	run -0 "$POOLTRACE" replay --allocator "$PWD/spy.so" allocator.trace
	[ -e there ]
	[ ! -e WRITTEN ]
}

@test "hostile trace: blocks that the program reserved are not touched by the replay" {
	local call
	for call in malloc calloc; do
		made reserved <<-EOF
			process /opt/app/app app
			frame 0 0x1010
			frame 0 0x2020
			stack 1
			stack 2
			repeat 64
			$call 0x100000000+i*0x40000000 0x40000000 1
			again
			repeat 3000
			malloc 0x10000 48 2
			free 0x10000 2
			again
			end exit 0 1000000
		EOF
		run -0 peak_mib "$POOLTRACE" report reserved.trace
		[ "$output" -lt 100 ] || { echo "$call: $output MiB"; return 1; }
		never grep cannot err
	done
}

@test "hostile trace: blocks that come to more than the limit are not replayed, and the report says so" {
	made many <<-EOF
		process /opt/app/app app
		frame 0 0x1010
		stack 1
		repeat 200000
		malloc 0x100000000+i*0x20000 0x1f000 1
		again
		end exit 0 1000000
	EOF
	run -0 peak_mib "$POOLTRACE" report many.trace
	[ "$output" -lt 200 ] || { echo "$output MiB"; return 1; }
	assert_match "$(< err)" "its blocks need 1.53 GiB of memory, and the limit is "
}
