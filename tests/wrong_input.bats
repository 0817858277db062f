# What is no trace, or no longer a whole one: a clear message with file and offset, what can be had, never a crash.

bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# Each command refuses the file: exit code 1, one short message that names it.
refused() {
	local c
	for c in report info dump; do
		run -1 --separate-stderr timeout 20 "$POOLTRACE" $c "$1"
		assert_match "$stderr" "'?$1'?"
		[ "${#stderr_lines[@]}" -le 3 ]
	done
	[ -z "${2:-}" ] || assert_match "$stderr" "$2"
}

good_trace() {
	record blocks_fixed
	cp "$TRACE" good.trace
}

# Write byte VALUE (octal escape) at an offset of a file.
poke() {
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "wrong input: no such file" {
	refused nowhere.trace "No such file"
}

@test "wrong input: a directory" {
	mkdir folder
	refused folder "[Ii]s a directory|not a trace|directory"
}

@test "wrong input: an empty file" {
	: > empty.trace
	refused empty.trace
}

@test "wrong input: not a trace" {
	head -c 100000 "$BUILD/pooltrace" > program.trace
	refused program.trace "not a "
	echo hello > short.trace
	refused short.trace
}

@test "wrong input: unreadable" {
	[ "$(id -u)" != 0 ] || command -v setpriv > /dev/null || skip "root reads everything"
	good_trace
	chmod 755 "$BATS_TEST_TMPDIR" && chmod 000 good.trace
	if [ "$(id -u)" = 0 ]; then
		cp "$POOLTRACE" /tmp/pooltrace-$$ && chmod 755 /tmp/pooltrace-$$
		run --separate-stderr setpriv --reuid 65534 --clear-groups /tmp/pooltrace-$$ report "$PWD/good.trace"
		rm -f /tmp/pooltrace-$$
	else
		run --separate-stderr "$POOLTRACE" report good.trace
	fi
	assert_eq "$status" 1 "exit code"
	assert_match "$stderr" "good.trace.*[Pp]ermission denied"
}

@test "wrong input: another major version is refused by number" {
	good_trace
	cp good.trace other.trace
	poke other.trace 72 '\011' # version_major of struct ptf_file
	refused other.trace "version 9"
}

@test "wrong input: truncated in the middle is salvaged and said, exit 4" {
	record threads_private
	cp "$TRACE" good.trace
	local size n
	size=$(stat -c %s good.trace)
	for n in 98304 100000 $((size / 2)) $((size / 2 + 12345)); do
		head -c $n good.trace > cut.trace
		run --separate-stderr timeout 20 "$POOLTRACE" report --format json cut.trace
		case $status in
		0 | 1 | 4) ;;
		*) echo "cut at $n of $size: exit $status: $stderr"; return 1 ;;
		esac
	done
	head -c $((size * 3 / 4)) good.trace > cut.trace
	run -4 --separate-stderr timeout 20 "$POOLTRACE" report --format json cut.trace
	assert_match "$stderr" "cut.trace"
	jq -e '.health.complete == false and .totals.allocs > 0' <<< "$output"
}

@test "wrong input: flipped bits in a closed chunk are found, the rest is reported" {
	record threads_private
	cp "$TRACE" flipped.trace
	local size
	size=$(stat -c %s flipped.trace)
	# Near its beginning: which thread comes to have this chunk, and how much it writes, is chance.
	poke flipped.trace $((32768 * 3 + 200)) '\377\000\377'
	run -4 --separate-stderr timeout 20 "$POOLTRACE" report --format json flipped.trace
	assert_match "$stderr" "flipped.trace"
	assert_match "$stderr" "offset 98304: .*checksum"
	jq -e '.health.complete == false and .totals.allocs > 1000' <<< "$output"
}

@test "wrong input: garbage in place of any chunk does not stop the reader" {
	record threads_private
	local size n
	size=$(stat -c %s "$TRACE")
	for ((n = 1; n * 32768 < size && n < 12; n++)); do
		cp "$TRACE" garbage.trace
		head -c 32768 "$BUILD/pooltrace" | dd of=garbage.trace bs=32768 seek=$n conv=notrunc status=none
		run --separate-stderr timeout 20 "$POOLTRACE" report garbage.trace
		case $status in
		0 | 4) ;;
		*) echo "chunk $n: exit $status: $stderr"; return 1 ;;
		esac
	done
}
