/*
 * Builds the same std::regex for every line of a log, uses it once and drops it.
 *
 * expect: finding kind=constructed-reuse function~line_matches
 * expect: only
 * expect.fix: no-finding kind=constructed-reuse
 * fix: yes
 */
#include <cstdio>
#include <regex>
#include <string>

namespace {

__attribute__((noinline)) bool line_matches(const std::string &line)
{
#ifdef FIX
	static const auto &pattern = *new std::regex("id=[0-9]+ (ok|failed)");
#else
	std::regex pattern("id=[0-9]+ (ok|failed)");
#endif
	return std::regex_search(line, pattern);
}

} // namespace

int main()
{
	const std::string lines[] = {"id=17 ok", "id= ok", "nothing", "x id=4 failed"};
	int n = 0;
	for (int i = 0; i < 1500; i++)
		n += line_matches(lines[i % 4]);
	std::printf("%d\n", n);
	return 0;
}
