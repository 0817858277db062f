# The Debian packages: built and checked by lintian, then installed, used, removed and purged in fresh systems.
bats_require_minimum_version 1.5.0
load ../helpers/common

MIRROR=${MIRROR:-http://deb.debian.org/debian}

setup_file() {
	command -v dh > /dev/null && command -v lintian > /dev/null || skip "debhelper and lintian are not installed"
	export DEBS=$BATS_FILE_TMPDIR/debs PATH=$PATH:/usr/sbin:/sbin
	LINTIAN=yes "$ROOT/scripts/make-deb" "$DEBS"
}

# in_fresh RELEASE: runs the script on standard input in a new minimal system with the packages in /tmp.
in_fresh() {
	local system=$BATS_TEST_TMPDIR/$1 status=0
	[ "$(id -u)" = 0 ] || skip "debootstrap needs root"
	command -v debootstrap > /dev/null || skip "debootstrap is not installed"
	debootstrap --variant=minbase "$1" "$system" "$MIRROR" > "$BATS_TEST_TMPDIR/log" 2>&1 || {
		tail -5 "$BATS_TEST_TMPDIR/log"
		skip "$MIRROR cannot be reached"
	}
	cp "$DEBS"/pooltrace_*.deb "$DEBS"/libpooltrace-dev_*.deb "$system/tmp/"
	mount -t proc proc "$system/proc"
	chroot "$system" /bin/sh -eux -s || status=$?
	umount "$system/proc"
	rm -rf "$system"
	return $status
}

# What an administrator and a user do.
life_of_packages() {
	cat <<-'EOS'
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends /tmp/pooltrace_*.deb > /dev/null
		cd /tmp
		pooltrace record -o ls.trace -- ls / > names
		ls / | diff - names
		pooltrace report ls.trace | grep '^FINDINGS'
		pooltrace record --baseline -o sort.trace -- sort /var/lib/dpkg/status > /dev/null
		pooltrace report sort.trace | grep 'allocated '
		test -e /usr/share/bash-completion/completions/pooltrace
		apt-get install -y -qq --no-install-recommends /tmp/libpooltrace-dev_*.deb > /dev/null
		test -e /usr/include/pooltrace.h
		dpkg -V pooltrace libpooltrace-dev
		apt-get remove -y -qq pooltrace libpooltrace-dev > /dev/null
		! test -e /usr/bin/pooltrace
		dpkg --purge pooltrace libpooltrace-dev
		rm -rf /tmp/* /root/.cache/pooltrace
		find / -xdev -name '*pooltrace*' -not -path '/proc/*' -not -path '/var/log/*' > left
		! test -s left
	EOS
}

@test "deb: the header's package has no program in it and the program's depends on libraries only" {
	[ "$(dpkg-deb -f "$DEBS"/libpooltrace-dev_*.deb Architecture)" = all ]
	run ! grep -qE 'gcc|dev' <<< "$(dpkg-deb -f "$DEBS"/pooltrace_*.deb Depends)"
	dpkg-deb -c "$DEBS"/pooltrace_*.deb | grep -q './usr/share/man/man1/pooltrace.1.gz'
}

@test "deb: bookworm: installed, used, removed, purged" {
	life_of_packages | in_fresh bookworm
}

@test "deb: trixie: installed, used, removed, purged" {
	life_of_packages | in_fresh trixie
}
