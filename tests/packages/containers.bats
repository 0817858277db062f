# Recording in a root of its own, as a container has it: one file is brought in, the rest of the root is read-only.
load ../helpers/common

# make_root: root/ with a program that this system does not have, what it needs, and the recorder.
make_root() {
	mkdir -p root/opt root/traces root/proc root/bin
	printf '#include <stdlib.h>\n#include <unistd.h>\nvoid *volatile kept;\n__attribute__((noinline)) void make_it(void) { kept = malloc(1000); __asm__ volatile(""); }\nint main(void) { make_it(); return getpid() == 1 ? 7 : 9; }\n' > app.c
	gcc -O2 -g -Wl,--build-id -o root/bin/app-of-the-image app.c
	cp "$BUILD/libpooltrace.so" root/opt/
	local f
	cp "$(command -v env)" root/bin/
	for f in $(ldd root/bin/app-of-the-image root/bin/env | grep -oE '/[^ :]+' | grep -v '^/bin/'); do
		mkdir -p "root$(dirname "$f")"
		cp -L "$f" "root$f"
	done
}

# run_in_root: in namespaces of mounts and processes, with a root that cannot be written but for /traces.
run_in_root() {
	unshare --mount --pid --fork sh -euc '
		mount --bind root root
		mount --bind root/traces root/traces
		mount -o remount,ro,bind root
		mount -t proc proc root/proc
		exec chroot root /bin/env LD_PRELOAD=/opt/libpooltrace.so POOLTRACE_OUT="/traces/%e.%p.trace" /bin/app-of-the-image'
}

@test "containers: read-only root, own processes, one file mounted; names from --sysroot" {
	[ "$(id -u)" = 0 ] || skip "namespaces need root"
	cd "$BATS_TEST_TMPDIR"
	unshare --mount true 2> /dev/null || skip "this system allows no namespaces"
	make_root
	local status=0
	run_in_root || status=$?
	[ "$status" = 7 ]
	ls root/traces > traces
	[ "$(wc -l < traces)" = 1 ]
	"$POOLTRACE" report --only leak root/traces/*.trace > without
	"$POOLTRACE" report --only leak --sysroot root root/traces/*.trace > with
	grep -q 'no names of /bin/app-of-the-image: file is gone' without
	grep -q 'make_it *app.c:4' with
	grep -q 'complete: 1 event' with
}
