# Recipes of other distributions: they parse, and have the version of the Makefile.
bats_require_minimum_version 1.5.0
load ../helpers/common

@test "recipes: all have one version" {
	local version file
	version=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
	for file in rpm/pooltrace.spec aur/PKGBUILD nix/default.nix homebrew/pooltrace.rb; do
		grep -qE "[Vv]er(sion)?[:= \"]+$version|pooltrace-$version" "$ROOT/packaging/$file" || {
			echo "$file has another version"
			return 1
		}
	done
}

@test "recipes: the spec file builds both packages from the archive" {
	command -v rpmbuild > /dev/null || skip "rpmbuild is not installed"
	local top=$BATS_TEST_TMPDIR/rpm version
	version=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
	mkdir -p "$top/SOURCES" "$BATS_TEST_TMPDIR/pooltrace-$version"
	cp -r "$ROOT"/{Makefile,LICENSE,README.md,docs,preload,analyzer,enact,packaging,scripts} "$BATS_TEST_TMPDIR/pooltrace-$version/"
	tar -C "$BATS_TEST_TMPDIR" -czf "$top/SOURCES/pooltrace-$version.tar.gz" "pooltrace-$version"
	# --nodeps: the build requirements have Fedora's names.
	rpmbuild --nodeps --define "_topdir $top" --define 'debug_package %{nil}' -bb "$ROOT/packaging/rpm/pooltrace.spec" > "$BATS_TEST_TMPDIR/log" 2>&1 ||
		{ tail -20 "$BATS_TEST_TMPDIR/log"; return 1; }
	rpm -qpl "$top"/RPMS/x86_64/pooltrace-"$version"*.rpm | grep -q /usr/lib/pooltrace/libpooltrace.so
	rpm -qpl "$top"/RPMS/noarch/pooltrace-devel-"$version"*.rpm | grep -q /usr/include/pooltrace.h
}
