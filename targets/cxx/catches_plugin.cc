/*
 * A C++ plug-in opened at run time throws to itself and through to the program; both are caught.
 *
 * ldflags: -ldl
 * expect: health lost_events=0 unmatched_frees=0
 */
#include <cstdio>
#include <dlfcn.h>
#include <exception>
#include <stdexcept>
#include <string>
#include "target.h"

int main(int, char **argv)
{
	std::string path(argv[0]);
	path = path.substr(0, path.rfind('/')) + "/throwing_plugin.so";
	void *so = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
	if (!so) {
		std::fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	auto inside = reinterpret_cast<int (*)(int)>(dlsym(so, "plugin_inside"));
	auto outside = reinterpret_cast<void (*)(int)>(dlsym(so, "plugin_outside"));
	int caught = 0;

	for (int i = 0; i < 50; i++) {
		caught += inside(i) > 0;
		try {
			outside(i);
		} catch (const std::out_of_range &) {
			caught++;
		}
	}
	std::printf("%d\n", caught);
	return 0;
}
