# Frames of a report: names of all languages, inlined functions, wrappers, and what is said when a
# module's names cannot be used.

bats_require_minimum_version 1.5.0
load helpers/common

setup() {
	need gcc
	cd "$BATS_TEST_TMPDIR"
}

# build NAME [FLAGS...] < source
build() {
	cat > "$1.c"
	gcc -O2 -g -o "$1" "${@:2}" "$1.c"
}

frames_of() {
	timeout 60 "$POOLTRACE" record -f -o t.trace -- "$@" > /dev/null 2>&1
	"$POOLTRACE" report --no-replay --only leak --format json --schema 1 t.trace > report.json
}

# A function by each mangled name, each allocating once.
mangled_source() {
	cat <<-'C'
		#include <stdlib.h>
		void *volatile kept;
		#define FUNCTION(c_name, mangled) \
			void c_name(void) __asm__(mangled); \
			__attribute__((noinline)) void c_name(void) { kept = malloc(10); __asm__ volatile(""); }
		FUNCTION(cxx, "_ZN3app6Parser5parseERKSs")
		FUNCTION(rust_old, "_ZN5crate6module3run17h0123456789abcdefE")
		FUNCTION(rust_new, "_RNvNtCs1234_7mycrate3foo3bar")
		int main(void) { cxx(); rust_old(); rust_new(); return 0; }
	C
}

@test "symbols: C++ and both manglings of Rust, with debug information and without" {
	mangled_source | build plain
	mangled_source > plain.c
	gcc -O2 -g0 -o nodebug plain.c
	local program
	for program in ./plain ./nodebug; do
		frames_of "$program"
		jq -e 'any(.sites[].frames[]; .function | startswith("app::Parser::parse("))' report.json
		jq -e 'any(.sites[].frames[]; .function == "crate::module::run" and .language == "rust")' report.json ||
			[ "$program" = ./plain ]
		jq -e 'any(.sites[].frames[]; .function == "mycrate::foo::bar")' report.json
	done
}

@test "symbols: inlined functions are frames of their own, with the line of the call" {
	build inlined <<-'C'
		#include <stdlib.h>
		void *volatile kept;
		static inline __attribute__((always_inline)) void inner(void) { kept = malloc(10); }
		static inline __attribute__((always_inline)) void middle(void)
		{
			inner();
		}
		__attribute__((noinline)) void outer(void)
		{
			middle(); /* line 10 */
			__asm__ volatile("");
		}
		int main(void) { outer(); return 0; }
	C
	frames_of ./inlined
	jq -e '[.sites[].frames | select(.[0].function == "inner") | .[0:3] | map([.function, .line, .inlined // false])]
		== [[["inner", 3, true], ["middle", 6, true], ["outer", 10, false]]]' report.json
}

@test "symbols: a wrapper is not what a site is named after" {
	build wrapped <<-'C'
		#include <stdlib.h>
		void *volatile kept;
		__attribute__((noinline)) void *xmalloc(size_t n) { void *p = malloc(n); if (!p) abort(); return p; }
		__attribute__((noinline)) void *my_get(size_t n) { void *p = xmalloc(n); kept = p; return p; }
		__attribute__((noinline)) void work(void) { my_get(10); __asm__ volatile(""); }
		int main(void) { work(); return 0; }
	C
	frames_of ./wrapped
	jq -e 'any(.sites[]; .frames[0].function == "xmalloc" and .frames[.name_frame].function == "my_get")' report.json
	"$POOLTRACE" report --no-replay --only leak --skip-frames 'my_*' --format json --schema 1 t.trace > report.json
	jq -e 'any(.sites[]; .frames[0].function == "xmalloc" and .frames[.name_frame].function == "work")' report.json
}

@test "symbols: a module that has changed since gives no names, and it is said" {
	mangled_source | build program
	frames_of ./program
	sed -i 's/malloc(10)/malloc(20)/' program.c
	gcc -O2 -g -o program program.c
	"$POOLTRACE" report --no-replay --only leak --format json --schema 1 t.trace > report.json
	jq -e 'any(.process.modules[]; (.path | endswith("/program")) and (.trouble | test("changed")))' report.json
	jq -e 'any(.sites[].frames[]; .function | startswith("program+0x"))' report.json
	run ! jq -e 'any(.sites[].frames[]; .function | test("parse"))' report.json
	"$POOLTRACE" report --no-replay --only leak t.trace | grep -q 'no names of .*/program: file has changed'
}

@test "symbols: a function of a stripped program is named by its start, not after its neighbour" {
	local start
	mangled_source | build stripped
	start=$(nm stripped | awk '$3 == "_ZN3app6Parser5parseERKSs" { sub(/^0+/, "", $1); print $1 }')
	strip stripped
	frames_of ./stripped
	jq -e --arg f "stripped+0x$start" 'any(.sites[].frames[]; .function == $f)' report.json
}

@test "symbols: a static function among exported ones does not take their names" {
	build partly -rdynamic <<-'C'
		#include <stdlib.h>
		void *volatile kept;
		__attribute__((noinline)) void before(void) { kept = malloc(1); __asm__ volatile(""); }
		static __attribute__((noinline)) void hidden(void) { kept = malloc(2); __asm__ volatile(""); }
		__attribute__((noinline)) void after(void) { hidden(); kept = malloc(3); __asm__ volatile(""); }
		int main(void) { before(); after(); return 0; }
	C
	strip partly
	frames_of ./partly
	jq -e '[.sites[] | select(.allocated_bytes == 1) | .frames[0].function] == ["before"]' report.json
	jq -e '[.sites[] | select(.allocated_bytes == 3) | .frames[0].function] == ["after"]' report.json
	jq -e '[.sites[] | select(.allocated_bytes == 2) | .frames[0:2][].function] |
		(.[0] | startswith("partly+0x")) and .[1] == "after"' report.json
}

# The frames of the site of work(), by compiler and flags: function, line, inlined.
chain_of() {
	"$@" -O2 -o split split.cc
	frames_of ./split
	jq -c '[.sites[] | select(.allocs == 2000).frames | map(select(.function | test("operator new") | not))
		| .[0:4][] | [(.function | sub("^app::"; "") | sub("[(].*"; "")), .line, .inlined // false]]' report.json
}

@test "symbols: split debug information and a compiler without .debug_aranges lose no line and no inlined frame" {
	cat > split.cc <<-'CC'
		namespace app { struct Node { int v[10]; };
		[[gnu::noinline]] Node *make_node(int i) { Node *n = new Node; n->v[0] = i; return n; }
		static inline Node *inl(int i) { return make_node(i); }
		[[gnu::noinline]] long work(int i) { Node *n = inl(i); long r = n->v[0]; delete n; return r; } }
		int main() { long t = 0; for (int i = 0; i < 2000; i++) t += app::work(i); return t == 1; }
	CC
	local wanted='[["make_node",2,false],["inl",3,true],["work",4,false],["main",5,false]]' flags c
	for flags in -g "-g -gdwarf-4" "-g -gsplit-dwarf" "-g -gdwarf-4 -gsplit-dwarf" "-g -gz"; do
		for c in g++ clang++; do
			command -v $c > /dev/null || continue
			assert_eq "$(chain_of $c $flags)" "$wanted" "$c $flags"
		done
	done
	# Without .debug_aranges, whatever the compiler.
	g++ -O2 -g -o split split.cc
	objcopy --remove-section .debug_aranges split
	frames_of ./split
	jq -e 'any(.sites[].frames[]; .function == "inl" and .line == 3 and .inlined)' report.json
}

@test "symbols: a template of the program that returns a type of std:: is no library code" {
	cat > rows.cc <<-'CC'
		#include <vector>
		template <class T> [[gnu::noinline]] std::vector<T> build_row(int n) { std::vector<T> v; for (int i = 0; i < n; i++) v.push_back(T(i)); return v; }
		int main() { double s = 0; for (int i = 0; i < 50; i++) s += build_row<int>(64)[3]; return s == 1; }
	CC
	g++ -g -O1 -o rows rows.cc
	timeout 60 "$POOLTRACE" record -f -o t.trace -- ./rows
	"$POOLTRACE" report --no-replay t.trace > out
	grep -q 'build_row<int>(int)  rows.cc:2' out || { cat out; return 1; }
}

@test "symbols: a Rust program is named after its own functions, under both manglings" {
	need_rustc
	cat > a.rs <<-'RS'
		use std::hint::black_box;
		#[inline(never)]
		fn make_label(i: u64) -> Vec<u8> { let mut v = Vec::with_capacity(40); v.push(i as u8); v }
		#[inline(never)]
		fn make_node(i: u64) -> Box<[u64; 6]> { Box::new([i; 6]) }
		#[inline(never)]
		fn make_text(i: u64) -> String { format!("text {}", i) }
		fn main() { for i in 0..2000u64 { black_box((make_label(i), make_node(i), make_text(i))); } }
	RS
	local mangling name
	for mangling in "" "-C symbol-mangling-version=v0"; do
		"$RUSTC" -O -g $mangling a.rs -o a 2> rustc.log || continue
		timeout 60 "$POOLTRACE" record -f -o t.trace -- ./a
		"$POOLTRACE" report --no-replay t.trace > out
		for name in make_label make_node make_text; do
			grep -q " a::$name  a.rs:" out || { echo "$mangling:"; cat out; return 1; }
		done
	done
}

@test "symbols: functions that end in an allocation verb are wrappers, functions that begin with one are not" {
	build verbs <<-'C'
		#include <stdlib.h>
		#include <string.h>
		#define CALL __attribute__((noinline))
		void *volatile kept;
		CALL void *jv_mem_alloc(size_t n) { void *p = malloc(n); kept = p; return p; }
		CALL char *app_strdup(const char *s) { char *p = jv_mem_alloc(strlen(s) + 1); strcpy(p, s); return p; }
		CALL void *malloc_row(int i) { void *p = app_strdup("row"); kept = p; return p; }
		int main(void) { for (int i = 0; i < 100; i++) free(malloc_row(i)); return 0; }
	C
	timeout 60 "$POOLTRACE" record -f -o t.trace -- ./verbs
	"$POOLTRACE" report --no-replay t.trace > out
	grep -q ' malloc_row  verbs.c:7' out || { cat out; return 1; }
}

@test "symbols: a program that the loader starts is recorded and named" {
	build bundle <<-'C'
		#include <stdlib.h>
		__attribute__((noinline)) static char *load_asset(int n) { char *a = malloc(1000 + (size_t)n % 7); a[0] = (char)n; return a; }
		int main(void) { for (int i = 0; i < 1000; i++) { char *a = load_asset(i); __asm__ volatile("" : : "r"(a)); free(a); } return 0; }
	C
	local loader command
	loader=$(readelf -lW bundle | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	mkdir -p shipped/lib
	cp "$loader" shipped/ld-bundle.so
	ldd bundle | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | xargs -I{} cp {} shipped/lib/
	for command in "$loader ./bundle" "shipped/ld-bundle.so --library-path shipped/lib ./bundle" "$loader --argv0 other ./bundle"; do
		timeout 60 "$POOLTRACE" record -f -o t.trace -- $command
		"$POOLTRACE" report --no-replay t.trace > out
		grep -q ' load_asset  bundle.c:2' out || { echo "$command:"; cat out; return 1; }
		never grep 'no names of' out
	done
}

# moved_program: program at $PWD/app, recorded in t.trace and gone.
moved_program() {
	echo '#include <stdlib.h>
	void *volatile kept;
	__attribute__((noinline)) void make_it(void) { kept = malloc(1000); __asm__ volatile(""); }
	int main(void) { make_it(); return 0; }' | build app -Wl,--build-id
	timeout 60 "$POOLTRACE" record -f -o t.trace -- ./app > /dev/null 2>&1
}

# names_with OPTION...: does the report know the function's line?
names_with() {
	"$POOLTRACE" report --only leak "$@" t.trace | grep -q 'make_it *app.c:3'
}

@test "symbols: of a program from another root, below --sysroot, when its build id is the same" {
	moved_program
	mkdir -p "image$PWD" "other$PWD"
	mv app "image$PWD/app"
	run ! names_with
	names_with --sysroot image
	echo 'int main(void) { return 0; }' | build app -Wl,--build-id
	mv app "other$PWD/app"
	run ! names_with --sysroot other
}

@test "symbols: by build id in --debug-path: the program itself, or its debug file alone" {
	moved_program
	local id dir
	id=$(readelf -n app | sed -n 's/.*Build ID: //p')
	dir=store/.build-id/${id:0:2}
	mkdir -p "$dir"
	objcopy --only-keep-debug app "$dir/${id:2}.debug"
	mv app "$dir/${id:2}"
	run ! names_with
	names_with --debug-path store
	rm "$dir/${id:2}"
	names_with --debug-path store
	rm "$dir/${id:2}.debug"
	run ! names_with --debug-path store
}
