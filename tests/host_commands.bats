# The distribution's own command-line programs, and what they say when they fail: the same bare and traced, in
# what they print and in what they are to themselves (helpers/state.bash).
load helpers/host
load helpers/state
STATE_SIZE_KB_MORE=16384

# Command lines, one a line; the input is the numbers from 1 to 200.  Lines with `!` are in the quick run, too.
command_lines() {
	cat <<- 'LINES'
	! ls -l /usr/lib/os-release /etc/passwd
	! ls --no-such-option
	! cat - /no/such/file
	! sort -rn
	! sort --key=bad
	! grep -c 1
	! grep --bad
	! sed -e s/1/one/ -e 5q
	! sed -e s/unfinished
	! awk {n+=$1}END{print(n)}
	! awk {unfinished
	! find /etc/apt -name *.list
	! find -no-such-test
	! tar -tf /no/such/archive
	! flock -n
	! perl -e die("at_once")
	! perl -e print(join(",",sort(map{$_*3}1..50)))
	! python3 -c import(sys
	! python3 -c print(sorted({1,2,3}))
	! sqlite3 :memory: select(1)+2
	! sqlite3 -no_such_option
	! setarch -R /bin/echo through
	! bash -c echo${IFS}$0;exit${IFS}3
	! dash -c unfinished(
	uniq -c
	wc -lw
	cut -d1 -f2
	cut
	tr 0-9 a-j
	tr
	head -n3
	tail -n3
	tail -n bad
	od -c
	stat /no/such/file
	stat -c %s /etc/hostname
	df /no/such/file
	du --bad
	date -d bad
	date -u -d @0
	expr 1 + 2
	expr 1 +
	factor 360 97
	factor x
	fmt -w 30
	fold -w 5
	join - /no/such/file
	paste - -
	nl
	seq 1 bad
	split --bad
	shuf -n bad
	tac
	touch /no/such/directory/file
	truncate
	basename /a/b/c .c
	basename
	cksum
	md5sum
	numfmt --to=iec 123456
	numfmt x
	pr -l 20
	tsort
	comm - -
	csplit - 100
	dd if=/no/such/file
	dd bs=10 count=2 status=none
	ln
	mkdir /proc/none
	mktemp --bad
	realpath /no/such/directory/file
	rm /no/such/file
	timeout 5 sleep 0.01
	timeout 0.05 sleep 5
	id -un
	id no_such_user
	env -i A=1 env
	env no_such_program
	xargs -n 20 echo
	xargs no_such_program
	diff - /etc/hostname
	cmp - /etc/hostname
	gzip -c -n
	gzip -d -c
	xz -d -c
	bzip2 -d
	zstd -q -c
	make -f /no/such/makefile
	make --bad
	gcc -no-such-option
	gcc
	ld --bad
	nm /no/such/file
	readelf -h /bin/true
	objdump --bad
	strings -n 3
	as --bad
	git --version
	git no-such-command
	jq .
	jq {
	getent passwd root
	getent no_such_database x
	getopt ab: -- -a -b
	column -c 60
	rev
	hexdump -C
	xxd
	ps --bad
	kill -0 bad
	nice -n 3 true
	nohup
	stdbuf -oL cat
	sum
	install
	chmod bad /no/such/file
	chown no_such_user /etc/hostname
	tee /no/such/directory/file
	openssl version
	openssl no-such-command
	curl --no-such-option
	dpkg -s no-such-package
	dpkg --print-architecture
	mount --bad
	logger --bad
	LINES
}

same_command() { # words...
	type -P "$1" > /dev/null || return 0
	RAN=$((RAN + 1))
	PROGRAMS="$PROGRAMS$1 "
	assert_same_run "$@" > "$BATS_TEST_TMPDIR/why" 2>&1 && return
	FAILED=$((FAILED + 1))
	echo "--- $*"
	cut -c1-200 "$BATS_TEST_TMPDIR/why" | head -12
}

@test "host: programs of the distribution and their failures are the same to others and to themselves" {
	local line words
	seq 200 > "$BATS_TEST_TMPDIR/input"
	STDIN=$BATS_TEST_TMPDIR/input RAN=0 FAILED=0 PROGRAMS=
	while read -r line; do
		[[ $line = '! '* ]] || [ -n "${HOST_FULL:-}" ] || continue
		read -ra words <<< "${line#! }"
		same_command "${words[@]}"
		rm -rf "$BATS_TEST_TMPDIR"/traced[0-9]*
	done < <(command_lines)
	echo "$FAILED of $RAN runs differ, of $(tr ' ' '\n' <<< "$PROGRAMS" | sort -u | grep -c .) programs"
	[ $FAILED = 0 ]
	[ $RAN -ge "$(by_scale 20 100)" ]
}
