/*
 * Streams image tiles of 33 to 40 MB; the next tile is loaded before the last one is dropped.
 * Blocks of this size come from mmap and go back to the system each time.
 *
 * expect: finding kind=tunable
 * expect: only
 * expect.fix: no-finding kind=tunable
 * fix: yes
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <memory>

namespace {

struct Free {
	void operator()(char *p) const { std::free(p); }
};
using Tile = std::unique_ptr<char, Free>;

__attribute__((noinline)) Tile load_tile(std::size_t bytes, int value)
{
	Tile tile(static_cast<char *>(std::malloc(bytes)));
	for (std::size_t at = 0; at < bytes; at += 4096)
		tile.get()[at] = static_cast<char>(value);
	return tile;
}

} // namespace

int main()
{
#ifdef FIX
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
	long sum = 0;
	Tile last;
	for (int i = 0; i < 16; i++) {
		std::size_t bytes = (std::size_t{33} << 20) + static_cast<std::size_t>(i * 5 % 8) * (1 << 20);
		Tile tile = load_tile(bytes, i);
		sum += tile.get()[4096] + (last ? last.get()[8192] : 0);
		last = std::move(tile);
	}
	std::printf("%ld\n", sum);
	return 0;
}
