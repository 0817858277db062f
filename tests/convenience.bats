# What makes the command pleasant: doctor, completion in three shells, short and borrowed names of commands.
bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "doctor: a plain program, what is in it and where its trace goes, and it is not run" {
	printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { free(malloc(1)); return remove("witness"); }\n' > a.c
	gcc -g -o plain a.c
	touch witness
	run -0 "$POOLTRACE" doctor -- ./plain --help
	[ -e witness ]
	[[ $output == *"ok       program: './plain' is dynamically linked with glibc"* ]]
	[[ $output == *"ok       malloc: glibc's, "*"libc.so.6"* ]]
	[[ $output == *"ok       names: functions, files and lines"* ]]
	[[ $output == *"ok       trace: goes to '$PWD'"* ]]
	strip -s -o stripped plain
	run -0 "$POOLTRACE" doctor ./stripped
	[[ $output == *"warning  names: the program is stripped"* ]]
}

@test "doctor: static, setuid and own allocators" {
	printf '#include <stdlib.h>\nvoid *malloc(size_t n) { return (void *)n; }\nint main(void) { return 0; }\n' > own.c
	gcc -fno-builtin -rdynamic -o own own.c
	run -0 "$POOLTRACE" doctor ./own
	[[ $output == *"warning  malloc: the program defines it"* ]]
	printf 'int main(void) { return 0; }\n' > a.c
	gcc -static -o static a.c
	run -1 "$POOLTRACE" doctor ./static
	[[ $output == *"OBSTACLE program: './static' cannot be recorded: it is statically linked"* ]]
	[ "$(id -u)" = 0 ] || skip "setuid programs are made as root"
	gcc -o other a.c
	chown nobody other
	chmod u+s other
	run -1 "$POOLTRACE" doctor ./other
	[[ $output == *"it runs as another user (setuid)"* ]]
}

@test "doctor: an allocator that is linked or preloaded provides malloc" {
	local jemalloc
	jemalloc=$(ldconfig -p | sed -n 's/.*libjemalloc.so.2 .*=> //p' | head -1)
	[ -n "$jemalloc" ] || skip "no jemalloc here"
	LD_PRELOAD=$jemalloc run -0 "$POOLTRACE" doctor ls
	[[ $output == *"ok       malloc: "*"libjemalloc.so.2; the calls that reach it are recorded"* ]]
}

@test "doctor: Python and its version; a script is run by its interpreter" {
	run -0 "$POOLTRACE" doctor "$PYTHON" app.py
	[[ $output == *"python: CPython $("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])'): Python stacks"* ]]
	printf '#!/bin/bash\n' > script
	chmod +x script
	run -0 "$POOLTRACE" doctor ./script
	[[ $output == *"'./script' is a script that /bin/bash runs"* ]]
}

@test "doctor: a directory that cannot be written, now or by the user that the program becomes" {
	mkdir -m 700 private
	cd private
	[ "$(id -u)" != 0 ] || run -1 "$POOLTRACE" doctor --user nobody ls
	[ "$(id -u)" != 0 ] || [[ $output == *"OBSTACLE trace: 'nobody' may not write in '$PWD'"* ]]
	POOLTRACE_OUT=/nowhere/a.trace run -1 "$POOLTRACE" doctor ls
	[[ $output == *"OBSTACLE trace: cannot write in '/nowhere': No such file or directory"* ]]
	run -1 "$POOLTRACE" doctor --user no-such-user ls
	[[ $output == *"there is no user 'no-such-user'"* ]]
	run -1 "$POOLTRACE" doctor no-such-program
	run -2 "$POOLTRACE" doctor
}

# complete_bash WORD...: what bash offers for the last word.
complete_bash() {
	bash -c 'eval "$("$POOLTRACE" completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pooltrace; echo "${COMPREPLY[@]}"' - "$@"
}

@test "completion: bash completes commands, options, values and files" {
	assert_eq "$(complete_bash pooltrace rec)" record command
	assert_eq "$(complete_bash pooltrace report --so)" --sort option
	assert_eq "$(complete_bash pooltrace report --format '')" "text json html" values
	touch a.trace
	assert_eq "$(complete_bash pooltrace report a.t)" a.trace file
}

@test "completion: each option of each command is in each shell's text" {
	local shell c o
	for shell in bash zsh fish; do
		"$POOLTRACE" completion $shell > $shell
		for c in record report diff check export doctor; do
			grep -q -w $c $shell
			for o in $("$POOLTRACE" help $c | sed -n 's/^  \(    \|-., \)--\([a-z-]*\).*/\2/p'); do
				grep -q -e "-l $o\b" -e "--$o\b" $shell || { echo "$shell: no --$o"; return 1; }
			done
		done
	done
	run -2 "$POOLTRACE" completion csh
}

@test "completion: zsh and fish can read theirs" {
	need zsh fish
	"$POOLTRACE" completion zsh > _pooltrace
	zsh -n _pooltrace
	"$POOLTRACE" completion fish > pooltrace.fish
	fish --no-execute pooltrace.fish
	fish -c "source pooltrace.fish; complete -C 'pooltrace report --form'" | grep -q -e --format
	fish -c "source pooltrace.fish; complete -C 'pooltrace doc'" | grep -q doctor
}

@test "commands: beginnings and other tools' names; what is ambiguous is said" {
	diff <("$POOLTRACE" exp --help) <("$POOLTRACE" export --help)
	diff <("$POOLTRACE" run --help) <("$POOLTRACE" record --help)
	diff <("$POOLTRACE" stats --help) <("$POOLTRACE" report --help)
	diff <("$POOLTRACE" help compare) <("$POOLTRACE" help diff)
	run -2 "$POOLTRACE" re
	[[ $output == *"several commands begin with 're': record, report, replay"* ]]
	run -2 "$POOLTRACE" ''
	run -2 "$POOLTRACE" reprot
	[[ $output == *"the nearest is 'report'"* ]]
}
