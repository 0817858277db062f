/*
 * Matches each request against a pattern of many routes that it compiles again: a large object, of some
 * ten thousand blocks, and always the same.
 *
 * expect: finding kind=constructed-reuse function~compile_routes
 * expect: only
 * expect.fix: no-finding kind=constructed-reuse
 * fix: yes
 */
#include <cstdio>
#include <regex>
#include <string>

namespace {

std::regex compile_routes()
{
	std::string all;
	for (int i = 0; i < 24; i++)
		all += (i ? "|" : "") + ("/area" + std::to_string(i)) + "/(list|item/[0-9]+)";
	return std::regex(all);
}

__attribute__((noinline)) bool find_route(const std::string &path)
{
#ifdef FIX
	static const auto &routes = *new std::regex(compile_routes());
#else
	const std::regex routes = compile_routes();
#endif
	return std::regex_match(path, routes);
}

} // namespace

int main()
{
	const std::string paths[] = {"/area3/list", "/area17/item/42", "/nowhere", "/area9/item/"};
	int n = 0;
	for (int i = 0; i < 400; i++)
		n += find_route(paths[i % 4]);
	std::printf("%d\n", n);
	return 0;
}
