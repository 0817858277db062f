# What tests of packages share: the wheel, built once for all files of a run, and environments to put it in.

# WHEEL: built from these sources unless it is newer than all of them.
need_wheel() {
	local dir=$BUILD/tests/wheel
	WHEEL=$(ls -t "$dir"/*.whl 2> /dev/null | head -1)
	if [ -z "$WHEEL" ] || [ -n "$(find "$ROOT"/{preload,analyzer,packaging/python,Makefile,scripts/make-wheel} -newer "$WHEEL" -type f -print -quit)" ]; then
		rm -rf "$dir"
		WHEEL=$("$ROOT/scripts/make-wheel" wheel "$dir")
	fi
	export WHEEL
}

# make_venv REQUIREMENT...: a fresh environment, VENV.
make_venv() {
	export VENV=$BATS_FILE_TMPDIR/venv
	"${PYTHON:-python3}" -m venv "$VENV"
	"$VENV/bin/pip" -q install --disable-pip-version-check "$@"
}
