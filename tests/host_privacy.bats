# What a trace gives away, and to whom.
load helpers/host

trace_at() {
	LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$1 "$HOST/churn" 1 100 > /dev/null
}

@test "privacy: a trace is readable by its owner alone, whatever the umask" {
	(umask 0; trace_at "$BATS_TEST_TMPDIR/t.trace")
	assert_eq "$(stat -c %a "$BATS_TEST_TMPDIR/t.trace")" 600 mode
}

@test "privacy: an existing file is not replaced" {
	echo precious > "$BATS_TEST_TMPDIR/t.trace"
	trace_at "$BATS_TEST_TMPDIR/t.trace"
	assert_eq "$(< "$BATS_TEST_TMPDIR/t.trace")" precious content
	assert_eq "$(ls "$BATS_TEST_TMPDIR" | grep -cE '^t\.[0-9]+\.trace$')" 1 "traces beside it"
}

@test "privacy: a symbolic link is not followed" {
	echo precious > "$BATS_TEST_TMPDIR/victim"
	ln -s victim "$BATS_TEST_TMPDIR/t.trace"
	ln -s nowhere "$BATS_TEST_TMPDIR/u.trace"
	trace_at "$BATS_TEST_TMPDIR/t.trace"
	trace_at "$BATS_TEST_TMPDIR/u.trace"
	assert_eq "$(< "$BATS_TEST_TMPDIR/victim")" precious content
	[ ! -e "$BATS_TEST_TMPDIR/nowhere" ]
}

@test "privacy: the environment is not recorded" {
	SECRET_OF_MINE=hunter2secret trace_at "$BATS_TEST_TMPDIR/t.trace"
	never grep -aq 'hunter2secret\|SECRET_OF_MINE' "$BATS_TEST_TMPDIR/t.trace"
}

@test "privacy: POOLTRACE_ARGV=0 leaves out the arguments" {
	LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/a.trace "$HOST/churn" 1 100 passw0rd > /dev/null
	grep -aq passw0rd "$BATS_TEST_TMPDIR/a.trace"
	POOLTRACE_ARGV=0 LD_PRELOAD=$(preload_library) POOLTRACE_OUT=$BATS_TEST_TMPDIR/b.trace "$HOST/churn" 1 100 passw0rd > /dev/null
	never grep -aq passw0rd "$BATS_TEST_TMPDIR/b.trace"
}

@test "privacy: names with control characters are escaped in whatever is printed" {
	local dir=$BATS_TEST_TMPDIR/d name=$'ev\e[31mil\n<b>"\\' trace command
	mkdir "$dir"
	cp "$HOST/churn" "$dir/$name"
	for command in 100 200; do
		LD_PRELOAD=$(preload_library) POOLTRACE_OUT="$dir/%e.$command.trace" "$dir/$name" 1 $command $'arg\e]0;title\a' > /dev/null
	done
	trace=$dir/$name.100.trace
	for command in report 'report --format json' info dump 'dump --follow=0x10' replay; do
		# shellcheck disable=SC2086 # options
		"$POOLTRACE" $command "$trace" >> "$dir/printed" 2>&1 || true
	done
	for command in diff 'verify --no-replay'; do
		# shellcheck disable=SC2086
		"$POOLTRACE" $command "$trace" "$dir/$name.200.trace" >> "$dir/printed" 2>&1 || true
	done
	printf '\377' | dd of="$trace" bs=1 seek=40000 conv=notrunc status=none
	for command in report info dump; do
		"$POOLTRACE" $command "$trace" >> "$dir/printed" 2>&1 || true
	done
	"$POOLTRACE" report "$dir/no $name" >> "$dir/printed" 2>&1 || true
	grep -aq 'ev.x1b' "$dir/printed" # it was there
	never env LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f]' "$dir/printed"
	never grep -aq '^<b>' "$dir/printed"
	"$POOLTRACE" report --format json "$dir/$name.200.trace" | jq -e . > /dev/null
}

@test "privacy: inert in a privileged program" {
	need_root
	need_mounts
	need runuser
	chmod 755 "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "${BATS_RUN_TMPDIR:-$BATS_TEST_TMPDIR}" 2> /dev/null || true
	local dir
	dir=$(mktemp -d)
	chmod 777 "$dir"
	mkdir "$dir/lib"
	cp "$BUILD/libpooltrace.so" "$dir/lib/"
	chmod 4755 "$dir/lib/libpooltrace.so"
	cp "$HOST/churn" "$dir/churn"
	chmod 4755 "$dir/churn"
	unshare -m bash -eu <<-END
		libdir=\$(dirname "\$(ldconfig -p | sed -n 's/.*libc\.so\.6 .*x86-64.* => //p' | head -1)")
		libdir=\$(readlink -f "\$libdir")
		mkdir "$dir/upper" "$dir/work"
		mount -t tmpfs tmpfs "$dir/work"
		mkdir "$dir/work/u" "$dir/work/w"
		mount -t overlay overlay -o lowerdir="\$libdir",upperdir="$dir/work/u",workdir="$dir/work/w" "\$libdir" || exit 77
		cp -p "$dir/lib/libpooltrace.so" "\$libdir/libpooltrace.so"
		cd "$dir"
		runuser -u nobody -- env LD_PRELOAD=libpooltrace.so LD_DEBUG=files POOLTRACE_OUT="$dir/inert.trace" "$dir/churn" 1 100 > "$dir/out"
		chmod 755 "$dir/churn"
		runuser -u nobody -- env LD_PRELOAD=libpooltrace.so POOLTRACE_OUT="$dir/live.trace" "$dir/churn" 1 100 > "$dir/out"
	END
	[ ! -e "$dir/inert.trace" ]
	[ -e "$dir/live.trace" ]
	rm -rf "$dir"
}
