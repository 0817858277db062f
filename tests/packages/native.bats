# Marks and regions in projects that find an installed pooltrace by CMake, pkg-config, Meson and Cargo.
bats_require_minimum_version 1.5.0
load ../helpers/common

setup_file() {
	export PREFIX=$BATS_FILE_TMPDIR/prefix
	make -s -C "$ROOT" install PREFIX="$PREFIX" > /dev/null
	export PATH=$PREFIX/bin:$PATH
}

setup() {
	cp -r "$ROOT/tests/packages/native/." "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return
}

need_command() {
	command -v "$1" > /dev/null || skip "$1 is not installed"
}

# assert_announces PROGRAM: it runs alone, and recorded it has the mark, and the region with its 100 allocations.
assert_announces() {
	[ "$("$1")" = "recording 0" ]
	[ "$(pooltrace record -q -f -o run.trace "$1" 2> /dev/null)" = "recording 1" ]
	pooltrace report --only leak --format json run.trace > run.json
	jq -e '.strings as $s | $s[.marks.name[0]] == "ready" and $s[.region_names.name[0]] == "fill"' run.json
	jq -e '.region_names | [.allocs, .temporary_allocs, .allocated_bytes] == [[100], [100], [6400]]' run.json
}

@test "native: CMake finds the package; a test passes within its limit and fails past it" {
	need_command cmake
	cmake -S cmake -B build -DCMAKE_PREFIX_PATH="$PREFIX" > log
	cmake --build build > log
	assert_announces build/work_c
	assert_announces build/work_cc
	run -0 ctest --test-dir build -R roomy
	run ! ctest --test-dir build -R tight
	assert_match "$output" 'tight_c.check .*Failed'
	assert_match "$output" 'tight_cc.check .*Failed'
	PATH=/usr/bin:/bin run -1 cmake -S cmake -B other
}

@test "native: pkg-config gives the flags, in C and C++, also strict ones" {
	need_command pkg-config
	export PKG_CONFIG_PATH=$PREFIX/share/pkgconfig
	[ "$(pkg-config --modversion pooltrace)" = "$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ]
	gcc -Wall -Wextra -Wpedantic -Werror -std=gnu99 $(pkg-config --cflags pooltrace) -o c work.c
	g++ -Wall -Wextra -Werror -std=c++11 $(pkg-config --cflags pooltrace) -o cc work.cc
	assert_announces ./c
	assert_announces ./cc
}

@test "native: Meson takes the installed package, or the header as a subproject" {
	need_command meson
	printf "project('work', 'c')\nexecutable('work', 'work.c', dependencies: dependency('pooltrace', fallback: 'pooltrace'))\n" > meson.build
	PKG_CONFIG_PATH=$PREFIX/share/pkgconfig meson setup installed > log
	meson compile -C installed > log
	assert_announces installed/work
	mkdir subprojects
	cp -r "$ROOT/packaging/include" subprojects/pooltrace
	PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR='' meson setup inside > log
	meson compile -C inside > log
	assert_announces inside/work
	[ "$(sed -n "s/.*version: '\([0-9.]*\)', meson.*/\1/p" "$ROOT/packaging/include/meson.build")" = "$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ]
}

@test "native: a Rust program uses the crate" {
	need_command cargo
	cp -r "$ROOT/packaging/rust" rust/pooltrace
	cargo build -q --offline --manifest-path rust/Cargo.toml
	assert_announces rust/target/debug/work
	cargo test -q --offline --manifest-path rust/pooltrace/Cargo.toml
	[ "$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/packaging/rust/Cargo.toml")" = "$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ]
}
