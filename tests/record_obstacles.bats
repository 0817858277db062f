# What `pooltrace record` says when a program cannot be recorded, before it runs.

bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "record: a statically linked program is refused, and not run" {
	need gcc
	echo 'int main(void) { return !fopen("ran", "w"); }' | sed '1i #include <stdio.h>' > s.c
	gcc -static -o s s.c 2> /dev/null || skip "no static C library"
	run -1 --separate-stderr "$POOLTRACE" record ./s
	assert_match "$stderr" "statically linked"
	[ ! -e ran ]
}

@test "record: a program of another user's rights is refused" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	cp "$(type -P true)" setuid && chown 65534 setuid && chmod 4755 setuid
	run -1 --separate-stderr "$POOLTRACE" record ./setuid
	assert_match "$stderr" "setuid"
}

@test "record: a missing directory is an error before the program runs" {
	run -1 --separate-stderr "$POOLTRACE" record -o nowhere/a.trace touch ran
	assert_match "$stderr" "nowhere"
	[ ! -e ran ]
}

@test "record: a script without an interpreter line runs as a shell would run it" {
	printf 'exit 5\n' > script && chmod +x script
	run -5 "$POOLTRACE" record ./script
}

@test "record: works from a directory with a space and a colon in its name" {
	mkdir "a b:c" && cp "$POOLTRACE" "$BUILD/libpooltrace.so" "a b:c/"
	run -0 --separate-stderr "a b:c/pooltrace" record -o a.trace "$BUILD/targets/c/blocks_fixed"
	"$POOLTRACE" report --no-replay --format json a.trace | jq -e '.totals.allocs == 110'
}

@test "record: --baseline reads a file on stdin twice" {
	seq 1000 > input
	"$POOLTRACE" record --baseline -o a.trace sort -rn < input > output 2> /dev/null
	[ "$(grep -c '^1000$' output)" = 2 ]
	"$POOLTRACE" report --no-replay --format json a.trace | jq -e '.process.baseline.wall_ms > 0 and .process.untraced_cpu_ms >= 0'
}

@test "record: a program for another C library is refused, and a script that it interprets" {
	need musl-gcc
	echo 'int main(void) { return !fopen("ran", "w"); }' | sed '1i #include <stdio.h>' > m.c
	musl-gcc -o m m.c
	run -1 --separate-stderr "$POOLTRACE" record ./m
	assert_match "$stderr" "another C library than glibc .*ld-musl"
	printf '#!%s/m\n' "$PWD" > script && chmod +x script
	run -1 --separate-stderr "$POOLTRACE" record ./script
	assert_match "$stderr" "another C library"
	[ ! -e ran ]
}

@test "record: a script of a statically linked interpreter is refused" {
	echo 'int main(void) { return 0; }' > s.c
	${CC:-gcc} -static -o s s.c 2> /dev/null || skip "no static C library"
	printf '#! %s/s -x\n' "$PWD" > script && chmod +x script
	printf '#!%s/script\n' "$PWD" > second && chmod +x second
	run -1 --separate-stderr "$POOLTRACE" record ./second
	assert_match "$stderr" "statically linked"
}

@test "record: a program with AddressSanitizer's shared runtime is refused in one sentence" {
	echo 'int main(void) { return !fopen("ran", "w"); }' | sed '1i #include <stdio.h>' > a.c
	gcc -fsanitize=address -o a a.c 2> /dev/null || skip "no AddressSanitizer"
	run -1 --separate-stderr "$POOLTRACE" record ./a
	assert_match "$stderr" "^pooltrace: cannot record './a': AddressSanitizer"
	assert_eq "$(wc -l <<< "$stderr")" 1 "lines"
	[ ! -e ran ]
	ASAN_OPTIONS=verify_asan_link_order=0 run -0 --separate-stderr "$POOLTRACE" record -o a.trace ./a
	[ -e ran ]
}

@test "record: --baseline is left out where standard input is a pipe" {
	seq 1000 | "$POOLTRACE" record --baseline -o a.trace sort -rn > output 2> err
	assert_eq "$(grep -c '^1000$' output)" 1 "runs that read the input"
	grep -q 'standard input is a pipe, which cannot be read twice' err
	"$POOLTRACE" report --no-replay --format json a.trace | jq -e '.process.baseline == null'
}
