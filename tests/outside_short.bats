# A short choice of the outside suites; `make test-outside` runs all.
load helpers/common

outside() {
	need "$1"
	BUILD=$BUILD timeout 300 "$ROOT/tests/outside/run" "$1"
}

@test "outside: perl does the same with the library, children included" {
	outside perl
}

@test "outside: git does the same with the library" {
	outside git
}
