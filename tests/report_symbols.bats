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
