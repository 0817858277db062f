# The interpreters that tests of the Python parts run on: the system's, pyenv's, and those of
# POOLTRACE_TEST_PYTHONS (paths, separated by spaces or colons; scripts/fetch-pythons makes some).

# A Python program has thousands of sites with long stacks: these tests ask for classes and findings.
REPORT_TOP=100

pythons() {
	local p
	for p in /usr/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3 \
		${POOLTRACE_TEST_PYTHONS//:/ } "$ROOT"/build/pythons/*/usr/bin/python3.*; do
		if [ -x "$p" ] && "$p" -c 'import sys; sys.exit(not (3, 8) <= sys.version_info[:2] <= (3, 14))' 2> /dev/null; then
			echo "$p"
		fi
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
