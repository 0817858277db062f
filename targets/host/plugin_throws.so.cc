/*
 * The plugin of plugin_throws.c: the only C++ in the process.
 */
#include <stdexcept>
#include <string>

extern "C" int plugin_run(int depth);

int plugin_run(int depth)
{
	std::string text(80, 'p');
	if (depth == 0)
		throw std::runtime_error(text);
	try {
		return plugin_run(depth - 1);
	} catch (std::runtime_error &e) {
		if (depth % 3)
			throw;
		return e.what() == text ? depth : -1;
	}
}
