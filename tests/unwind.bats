# Stacks taken by rules are those taken with all registers: targets and real programs.

load helpers/common

# Each site's count and frames, without addresses (and sizes: the environment's own length is in some).
sites_of() { # trace
	"$POOLTRACE" report --format json --schema 1 --no-replay --top 100000 "$1" |
		jq -c '.sites[] | [.allocs, [.frames[] | [.function, .line, .module]]]' | sort
}


# Records a command both ways: the same sites.
assert_same_stacks() { # command...
	record_both_ways "$@"
	diff "$BATS_TEST_TMPDIR/rules.sites" "$BATS_TEST_TMPDIR/registers.sites" | cut -c1-2000
	cmp "$BATS_TEST_TMPDIR/rules.sites" "$BATS_TEST_TMPDIR/registers.sites"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/rules.sites")" -ge 1 ]
}

record_both_ways() { # command...
	local by preload fixed=()
	# Addresses decide what some programs allocate (gcc's collector): the same in both runs.
	if setarch "$(uname -m)" -R true 2> /dev/null; then fixed=(setarch "$(uname -m)" -R); fi
	preload=$(preload_library)
	for by in rules registers; do
		rm -f "$BATS_TEST_TMPDIR/$by.trace"
		timeout 120 ${fixed[@]+"${fixed[@]}"} env POOLTRACE_UNWIND=$by POOLTRACE_OUT="$BATS_TEST_TMPDIR/$by.trace" PERL_HASH_SEED=0 \
			LD_PRELOAD="$preload" "$@" > /dev/null 2>&1 || true
		sites_of "$BATS_TEST_TMPDIR/$by.trace" > "$BATS_TEST_TMPDIR/$by.sites"
		[ -s "$BATS_TEST_TMPDIR/$by.sites" ]
	done
}

@test "unwind: C and C++ targets" {
	local name
	for name in c/tree_half_freed c/realloc_growth c/calloc_table cxx/containers cxx/exceptions cxx/templates; do
		assert_same_stacks "$BUILD/targets/$name"
	done
}

@test "unwind: code with frame pointers, and code without" {
	local flags
	for flags in -O0 '-O1 -fno-omit-frame-pointer' '-O3 -fomit-frame-pointer'; do
		# shellcheck disable=SC2086 # several words
		${CC:-gcc} -g $flags -I"$ROOT/targets" -o "$BATS_TEST_TMPDIR/program" "$ROOT/targets/c/json_documents.c"
		assert_same_stacks "$BATS_TEST_TMPDIR/program"
		# shellcheck disable=SC2086
		${CXX:-g++} -g $flags -I"$ROOT/targets" -o "$BATS_TEST_TMPDIR/program" "$ROOT/targets/cxx/order_book.cc"
		assert_same_stacks "$BATS_TEST_TMPDIR/program"
	done
}

@test "unwind: sqlite3" {
	need sqlite3
	assert_same_stacks sqlite3 :memory: 'with recursive c(i) as (select 1 union all select i+1 from c where i<300)
		select count(*), group_concat(i) from c'
}

@test "unwind: perl" {
	need perl
	assert_same_stacks perl -e 'my %h = map { $_ => "x" x $_ } 1 .. 50; print join ",", sort keys %h'
}

@test "unwind: the compiler" {
	need gcc
	echo 'int f(int x) { return x ? x * 2 : 1; }' > "$BATS_TEST_TMPDIR/f.c"
	assert_same_stacks "$(gcc -print-prog-name=cc1)" -quiet -O1 "$BATS_TEST_TMPDIR/f.c" -o /dev/null
}
