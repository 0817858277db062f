# The loader, other libraries that want malloc too, and programs out of reach.
load helpers/host

@test "host: plugins come and go in threads while others allocate" {
	host_same dlopen_storm "$(by_scale 300 20000)"
	ledger_holds
	is_whole
}

@test "host: forks, ends and executes while another thread stands in the loader's lock" {
	host_same loader_held
	ledger_holds --killed
}

@test "host: another plugin at an unloaded one's address" {
	host_same dlclose_reuse
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks == 0'
	assert_json '[.sites[] | select(any(.frames[]; .function == "alloc_of_plugin_a"))] | map(.allocs) | add == 400'
	assert_json '[.sites[] | select(any(.frames[]; .function == "alloc_of_plugin_b"))] | map(.allocs) | add == 200'
	assert_json '[.sites[] | select(any(.frames[]; .function == "alloc_of_plugin_c"))] | map(.allocs) | add == 200'
}

@test "host: RTLD_DEEPBIND and dlmopen" {
	local how
	for how in deepbind dlmopen; do
		host_same other_scope $how
		ledger_holds
		health '.lost_events == 0'
	done
}

@test "host: the reserve of static thread-local memory is left to the program" {
	host_same static_tls
	ledger_holds
}

@test "host: another preload before and after ours" {
	local out
	for LIMIT_SECONDS in 60; do
		PRELOAD_TOO=$HOST/other_preload.so
		host_same churn 2 20000
		ledger_holds
		is_whole
		PRELOAD_TOO=
	done
	EXTRA=(LD_PRELOAD="$(preload_path "$HOST/other_preload.so"):$(preload_library)")
	host_same churn 2 20000
	ledger_holds
	is_whole
}

@test "host: under LD_AUDIT" {
	EXTRA=(LD_AUDIT="$HOST/audit.so")
	host_record plugin_throws
	assert_eq "$STATUS" 0 "exit code"
	ledger_holds
	health '.lost_events == 0'
}

other_allocator() {
	local lib
	lib=$(first_file /usr/lib/*/"$1") || skip "$1 is not installed"
	PRELOAD_TOO=$lib
	host_same churn 3 20000
	ledger_holds
	is_whole
	"$POOLTRACE" report "$TRACE" | grep -q "${1%%.so*}" || "$POOLTRACE" info "$TRACE" | grep -q "${1%%.so*}"
	PRELOAD_TOO=
	${CC:-gcc} -D_GNU_SOURCE -O2 -g -I"$ROOT/targets" -o "$BATS_TEST_TMPDIR/linked" "$ROOT/targets/host/churn.c" -pthread "$lib"
	HOST_COMMAND=$BATS_TEST_TMPDIR/linked
	host_same linked 3 20000
	ledger_holds
	is_whole
}

@test "host: jemalloc, preloaded and linked" {
	other_allocator libjemalloc.so.2
}

@test "host: tcmalloc, preloaded and linked" {
	other_allocator libtcmalloc_minimal.so.4
}

@test "host: mimalloc, preloaded and linked" {
	other_allocator libmimalloc.so.2.0
}

@test "host: a program with a malloc of its own is reported as out of sight" {
	ENVIRONMENT=()
	assert_same_output "$HOST/own_malloc"
	"$POOLTRACE" report "$TRACE" > "$BATS_TEST_TMPDIR/text"
	grep -q 'the program defines malloc itself' "$BATS_TEST_TMPDIR/text"
}

@test "host: a filter of system calls is obeyed" {
	local how
	for how in errno kill trap; do
		host_same filtered $how
		ledger_holds --prefix
	done
}

@test "host: a statically linked program gets a clear message" {
	local status=0
	ENVIRONMENT=()
	(cd "$BATS_TEST_TMPDIR" && "$POOLTRACE" record -- "$HOST/static_linked") > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	assert_eq $status 1 "exit code"
	grep -q 'static_linked.*statically linked' "$BATS_TEST_TMPDIR/err"
}

# Whole stacks that end in main, and no word of another malloc.
segments_are_found() {
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks == 0 and .notes == []'
	assert_json '[.sites[] | select(any(.frames[]; .function == "fill_table") and any(.frames[]; .function == "main"))] | map(.allocs) | add == 150'
}

@test "host: a program whose segments do not touch" {
	local page
	host_same segments_apart
	segments_are_found
	for page in 65536 67108864; do
		HOST_COMMAND=$BATS_TEST_TMPDIR/apart
		${CC:-gcc} -D_GNU_SOURCE -O2 -g -I"$ROOT/targets" -fno-optimize-sibling-calls -no-pie -Wl,-z,max-page-size=$page \
			-rdynamic -o "$HOST_COMMAND" "$ROOT/targets/host/segments_apart.c" -ldl
		host_same apart
		segments_are_found
	done
}

the_loader() {
	readelf -lW "$1" | sed -n 's/.*interpreter: \(.*\)]/\1/p'
}

@test "host: a program that is an argument of the loader" {
	need readelf
	local loader name
	loader=$(the_loader "$HOST/segments_apart")
	name=$(basename "$HOST/segments_apart")
	HOST_COMMAND=$loader
	host_same loader "$HOST/segments_apart"
	segments_are_found
	assert_json ".process.exe | endswith(\"/$name\")"
	case $TRACE in *"/$name."*) ;; *) echo "named $TRACE"; false ;; esac
	cp "$loader" "$BATS_TEST_TMPDIR/shipped"
	HOST_COMMAND=$BATS_TEST_TMPDIR/shipped
	host_same shipped --argv0 another "$HOST/segments_apart"
	segments_are_found
	"$POOLTRACE" record -o "$BATS_TEST_TMPDIR/recorded.trace" "$loader" "$HOST/segments_apart" > "$BATS_TEST_TMPDIR/out"
	grep -q '150 records' "$BATS_TEST_TMPDIR/out"
}

@test "host: a plugin loaded by a relative path, and the directory left" {
	cp "$HOST/reuse_a.so" "$BATS_TEST_TMPDIR/plugin.so"
	host_same relative_plugin ../plugin.so
	ledger_holds
	health '.lost_events == 0 and .truncated_stacks == 0'
	assert_json '[.sites[] | select(any(.frames[]; .function == "alloc_of_plugin_a"))] | map(.allocs) | add == 100'
}
