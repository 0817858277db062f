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

# A program whose function `site` allocates, built with what is given, recorded into program.trace.
recorded_program() {
	cat > program.c <<-'EOF'
		#include <stdlib.h>
		static char *volatile kept[64];
		__attribute__((noinline)) void site(int i) { kept[i] = malloc(10 + i); }
		int main(void) { for (int i = 0; i < 50; i++) site(i); return 0; }
	EOF
	gcc -O1 -o program program.c "$@"
	rm -f program.trace
	LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$PWD/program.trace ./program
}

@test "hostile trace: a module that is a FIFO, a device, a directory or a symbolic link to one is not read" {
	local c
	recorded_program -g
	rm program
	for c in "mkfifo program" "ln -s /dev/zero program" "ln -s /dev/tty program" "mkdir program" "ln -s program program" \
		"cp /etc/hostname program" "truncate -s 1T program"; do
		$c
		run -0 timeout 20 "$POOLTRACE" report program.trace
		run -0 timeout 20 "$POOLTRACE" report --format json program.trace
		run -0 timeout 20 "$POOLTRACE" dump --names program.trace
		run -0 timeout 20 "$POOLTRACE" diff program.trace program.trace
		rm -rf program
	done
}

@test "hostile trace: what a module's debug information names is not waited for" {
	recorded_program -g -gsplit-dwarf
	"$POOLTRACE" report program.trace > out
	grep -q 'site  program.c:3' out
	local dwo
	dwo=$(ls ./*.dwo)
	rm "$dwo"
	mkfifo "$dwo"
	run -0 timeout 20 "$POOLTRACE" report program.trace
	rm "$dwo"

	recorded_program -g
	objcopy --only-keep-debug program program.debug
	strip program
	objcopy --add-gnu-debuglink=program.debug program
	timeout 20 "$POOLTRACE" report program.trace > out
	grep -q 'site  program.c:3' out
	rm program.debug
	mkfifo program.debug
	run -0 timeout 20 "$POOLTRACE" report program.trace
	assert_match "$output" 'program\+0x'
}

@test "hostile trace: no server is asked for debug information unless told so" {
	recorded_program -g
	strip program
	cat > server.py <<-'EOF'
		import http.server, sys
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        open("asked", "a").write(self.path + "\n")
		        self.send_error(404)
		    def log_message(self, *a): pass
		server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
		open("port.new", "w").write(str(server.server_port))
		__import__("os").rename("port.new", "port")
		server.serve_forever()
	EOF
	"$PYTHON" server.py 3>&- & local server=$!
	for _ in $(seq 100); do [ -e port ] || sleep 0.05; done
	unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
	export no_proxy='*' HOME=$PWD DEBUGINFOD_URLS="http://127.0.0.1:$(< port)/"
	for c in report diff "dump --names"; do
		timeout 20 "$POOLTRACE" $c program.trace program.trace > /dev/null 2>&1 || true
	done
	[ ! -e asked ] || { kill $server; cat asked; return 1; }
	timeout 20 "$POOLTRACE" report --debuginfod program.trace > /dev/null
	kill $server
	grep -q '^/buildid/' asked || skip "this libdw asks no server"
}

# report_bounded MIB: the report of program.trace, in that much address space and 60 s; into out.
report_bounded() {
	(ulimit -v $(($1 << 10)) && timeout 60 "$POOLTRACE" report --top 3 program.trace > out 2> err)
}

@test "hostile trace: functions that share a list of ranges do not multiply it" {
	cat > bomb.s <<-'EOF'
		.section .debug_abbrev,"",@progbits
		.uleb128 1; .uleb128 0x11; .byte 1; .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 7; .uleb128 0x13; .uleb128 5; .byte 0,0
		.uleb128 2; .uleb128 0x2e; .byte 0; .uleb128 0x55; .uleb128 0x17; .byte 0,0
		.byte 0
		.section .debug_info,"",@progbits
		.long 2f-1f
	1:	.short 4; .long 0; .byte 8
		.uleb128 1; .quad site; .quad 0x100; .short 0x0c
		.rept 20000
		.uleb128 2; .long 0
		.endr
		.byte 0
	2:
		.section .debug_ranges,"",@progbits
		.rept 50000
		.quad 1, 2
		.endr
		.quad 0, 0
		.section .note.GNU-stack,"",@progbits
	EOF
	recorded_program bomb.s
	report_bounded 1024
	grep -q ' site  program$' out # by the symbol table
	grep -q 'program: its debug information expands beyond the limit' out
}

@test "hostile trace: nested entries that are siblings, too, are not walked for ever" {
	# Each entry says that its sibling is its own first child: n entries are 2^n steps.
	cat > bomb.s <<-'EOF'
		.section .debug_abbrev,"",@progbits
		.uleb128 1; .uleb128 0x11; .byte 1; .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 7; .uleb128 0x13; .uleb128 5; .byte 0,0
		.uleb128 2; .uleb128 0x0b; .byte 1; .uleb128 1; .uleb128 0x13; .byte 0,0
		.byte 0
		.section .debug_info,"",@progbits
	0:	.long 2f-1f
	1:	.short 4; .long 0; .byte 8
		.uleb128 1; .quad site; .quad 0x100; .short 0x0c
		.rept 100
		.uleb128 2; .long . + 4 - 0b
		.endr
		.fill 200
	2:
		.section .note.GNU-stack,"",@progbits
	EOF
	recorded_program bomb.s
	report_bounded 1024
	grep -q ' site  program$' out
}

@test "hostile trace: a compressed section that says how large it is, is believed and left alone" {
	recorded_program -g
	"$PYTHON" - <<-'EOF'
		import struct, zlib
		d = bytearray(open("program", "rb").read())
		shoff, = struct.unpack_from("<Q", d, 40)
		size, n, strings = struct.unpack_from("<HHH", d, 58)
		names, = struct.unpack_from("<Q", d, shoff + strings * size + 24)
		for i in range(n):
		    at = shoff + i * size
		    name, = struct.unpack_from("<I", d, at)
		    if d[names + name:].startswith(b".debug_info\0"):
		        z = zlib.compress(bytes(1 << 30), 9)
		        body = struct.pack("<IIQQ", 1, 0, 1 << 30, 1) + z
		        flags, = struct.unpack_from("<Q", d, at + 8)
		        struct.pack_into("<Q", d, at + 8, flags | 0x800)
		        struct.pack_into("<QQ", d, at + 24, len(d), len(body))
		        d += body
		open("packed", "wb").write(d)
	EOF
	mv packed program
	report_bounded 1024
	grep -q ' site  program$' out
}

@test "hostile trace: what changes how text is shown reaches neither terminal nor JSON" {
	local text
	text=$(printf 'a\u202eb\u2066c\u200bd\u200fe\u2028f\ufeffg\u00adh\U000e0041i\u061cj\x1b[2Jk\u0085l')
	made odd <<-EOF
		process /opt/$text/app $text
		module 1 /nowhere/$text
		code $text $text 3
		pyframe 1 3
		class $text $text 1 64
		frame 1 0x1010
		stack 1
		stack 2
		note $text
		malloc 0x10000 48 1 1
		malloc 0x20000 48 2
		end exit 0 1000000
	EOF
	local c
	for c in report "report --format json" info dump "dump --names" "dump --follow 0x10000"; do
		"$POOLTRACE" $c odd.trace > out 2>&1
		"$PYTHON" - <<-'EOF'
			import sys, unicodedata
			bad = {hex(ord(c)) for c in open("out", encoding="utf8", errors="replace").read()
			       if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\n\t"}
			sys.exit(f"shown: {bad}" if bad else 0)
		EOF
	done
}

# Frames 1..1200, and stacks that share 2,040 of them: ten bytes of trace each.
stack_bomb() {
	made bomb <<-EOF
		process /opt/app/app app
		module 1 /nowhere/app
		repeat 1200
		frame 1 4096+i*4096
		again
		repeat 4
		defschunk
		deepstack 2040 1200
		repeat 2900
		sharedstack 2040 1+i%1200 1+i%1199
		again
		again
		repeat 11604
		malloc 0x10000+i*64 100+i%7 1+i
		again
		end exit 0 1000000
	EOF
}

@test "hostile trace: a stack bomb takes no more than its trace in every command" {
	local c
	stack_bomb
	[ "$(stat -c %s bomb.trace)" -lt 400000 ]
	for c in "report --top 5" "report --format json --top 5" info "dump --names" "diff bomb.trace"; do
		run -0 peak_mib timeout 100 "$POOLTRACE" $c bomb.trace
		[ "$output" -lt 96 ] || { echo "$c: $output MiB"; return 1; }
	done
}

@test "hostile trace: a relative path of a library is seen from where the program was started" {
	mkdir -p lib sub
	gcc -O1 -g -shared -fPIC -o lib/librecord.so -x c - <<-'EOF'
		#include <stdlib.h>
		long parse_record(int n) { long *b = malloc(128); b[3] = n; __asm__ volatile("" : : "r"(b) : "memory"); n = (int)b[3]; free(b); return n; }
	EOF
	echo 'long parse_record(int); int main(void) { long s = 0; for (int i = 0; i < 3000; i++) s += parse_record(i); return s == 1; }' |
		gcc -O1 -g -x c -o use - -Llib -lrecord
	cp use sub/
	local from
	for from in "$PWD:lib" "$PWD/sub:../lib" "$PWD:$PWD/lib"; do
		rm -f ./*.trace
		(cd "${from%%:*}" && LD_LIBRARY_PATH=${from#*:} LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/use.trace ./use)
		(cd / && "$POOLTRACE" report "$BATS_TEST_TMPDIR/use.trace") > out
		grep -q ' parse_record ' out || { echo "from $from:"; cat out; return 1; }
	done
}
