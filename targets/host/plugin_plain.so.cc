/*
 * An ordinary plugin of plugin_operators.c that runs out of memory: the exceptions it counts on, the
 * new-handler, and the forms that return nothing.
 */
#include <cstdio>
#include <new>
#include <vector>

static int handled;

extern "C" void plugin_run()
{
	volatile std::size_t huge = std::size_t(1) << 62;
	int caught = 0;
	std::set_new_handler([] {
		if (++handled == 3)
			std::set_new_handler(nullptr);
	});
	try {
		volatile char *p = new char[huge];
		*p = 1;
	} catch (std::bad_alloc &) {
		caught++;
	}
	try {
		std::vector<char> v(huge / 2);
		v[0] = 1;
	} catch (std::bad_alloc &) {
		caught++;
	}
	void *nothing = ::operator new(huge, std::nothrow);
	void *aligned = ::operator new(huge, std::align_val_t(64), std::nothrow);
	std::printf("plain: caught %d, handled %d, nothing %d %d\n", caught, handled, !nothing, !aligned);
}
