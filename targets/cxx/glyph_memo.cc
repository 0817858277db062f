/*
 * Renders glyphs and memoises every (character, size) in an unordered_map without a bound; the map
 * is destroyed properly at the end.
 *
 * expect: finding kind=growing-cache function~render_glyph
 * expect: only
 * expect.fix: no-finding kind=growing-cache
 * fix: yes
 */
#include <cmath>
#include <cstdio>
#include <string>
#include <unordered_map>

namespace {

std::unordered_map<unsigned, std::string> memo;

__attribute__((noinline)) const std::string &render_glyph(unsigned key)
{
	auto found = memo.find(key);
	if (found != memo.end())
		return found->second;
#ifdef FIX
	static unsigned kept[6000], n_kept;
	if (n_kept >= 6000)
		memo.erase(kept[n_kept % 6000]);
	kept[n_kept++ % 6000] = key;
#endif
	std::string pixels(120, ' ');
	for (unsigned i = 0; i < pixels.size(); i++)
		pixels[i] = static_cast<char>(' ' + static_cast<int>(40 * std::fabs(std::sin(key + i))));
	return memo[key] = pixels;
}

} // namespace

int main()
{
	unsigned long sum = 0;
	unsigned seed = 17;
	for (unsigned i = 0; i < 50000; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned key = seed >> 20 & 1 ? i / 3 : seed >> 16;
		sum += static_cast<unsigned char>(render_glyph(key)[key % 120]);
	}
	std::printf("%lu\n", sum > 0 ? sum % 2 + 1 > 0 : 0ul);
	return 0;
}
