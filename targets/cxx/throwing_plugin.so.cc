/*
 * What catches_plugin opens: throws an exception to itself and one to its caller.
 */
#include <stdexcept>
#include <string>
#include "target.h"

static NOINLINE void fail(int i)
{
	throw std::out_of_range("plug-in: " + std::to_string(i) + " is further than one may go in this place");
}

extern "C" int plugin_inside(int i)
{
	try {
		fail(i);
	} catch (const std::exception &e) {
		return int(std::string(e.what()).size());
	}
	return -1;
}

extern "C" void plugin_outside(int i)
{
	fail(i);
}
