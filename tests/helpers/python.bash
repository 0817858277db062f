# The interpreters that tests of the Python parts run on: those of POOLTRACE_TEST_PYTHONS (paths, separated by
# spaces or colons; scripts/fetch-pythons makes some), and the first of each other minor version of the system's
# and pyenv's; PYTHONS=all takes all of these, too.

# A Python program has thousands of sites with long stacks: these tests ask for classes and findings.
REPORT_TOP=100

# The minor version of a supported CPython, or nothing.
python_minor() {
	[ -x "$1" ] &&
		"$1" -c 'import sys; (3, 8) <= sys.version_info[:2] <= (3, 14) and print(sys.version_info[1])' 2> /dev/null | grep .
}

pythons() {
	local p minor seen=' '
	for p in ${POOLTRACE_TEST_PYTHONS//:/ }; do
		minor=$(python_minor "$p") || continue
		seen+="$minor "
		echo "$p"
	done
	for p in /usr/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3 \
		"$ROOT"/build/pythons/*/usr/bin/python3.*; do
		minor=$(python_minor "$p") || continue
		[ "${PYTHONS:-}" = all ] || [[ $seen != *" $minor "* ]] || continue
		seen+="$minor "
		echo "$p"
	done
}

python_version() {
	"$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])'
}

# Runs `$@ PYTHON` for each, saying which; fails when any of them does, and when there is none.
each_python() {
	local p version failed=0 found=0
	for p in $(pythons); do
		version=$(python_version "$p")
		found=1
		echo "# CPython $version ($p)" >&3
		"$@" "$p" || { echo "on CPython $version ($p)"; failed=1; }
	done
	[ $found = 1 ] || skip "no CPython 3.8 to 3.14"
	return $failed
}
