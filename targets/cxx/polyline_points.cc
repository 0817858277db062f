/*
 * Reads polylines of about a hundred points each into vectors that start empty and grow by
 * doubling; a few hundred lines are kept at a time.
 *
 * expect: finding kind=reserve function~read_polyline
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <cstdio>
#include <vector>

namespace {

struct Point { double x, y; };

__attribute__((noinline)) std::vector<Point> read_polyline(unsigned seed)
{
	std::vector<Point> line;
#ifdef FIX
	line.reserve(128);
#endif
	unsigned n = 80 + seed % 40;
	for (unsigned i = 0; i < n; i++)
		line.push_back({i * 0.5, seed * 0.25});
	return line;
}

} // namespace

int main()
{
	std::vector<std::vector<Point>> map(200);
	double sum = 0;
	unsigned seed = 5;
	for (int i = 0; i < 24000; i++) {
		seed = seed * 1103515245u + 12345u;
		auto &place = map[(seed >> 8) % map.size()];
		place = read_polyline((seed >> 16) % 1000);
		sum += place.back().x;
	}
	std::printf("%.1f\n", sum);
	return 0;
}
