/* A host that loads a libpython late and privately, runs it, ends it, and starts it again. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *lib = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!lib) {
		puts(dlerror());
		return 1;
	}
	void (*initialize)(void) = (void (*)(void))dlsym(lib, "Py_Initialize");
	int (*run)(const char *) = (int (*)(const char *))dlsym(lib, "PyRun_SimpleString");
	int (*finalize)(void) = (int (*)(void))dlsym(lib, "Py_FinalizeEx");
	for (int round = 0; round < 2; round++) {
		initialize();
		run("class Kept:\n"
		    "    def __init__(self): self.a = [1]\n"
		    "keep = [Kept() for i in range(3000)]\n"
		    "print(len(keep))\n");
		finalize();
	}
	return 0;
}
