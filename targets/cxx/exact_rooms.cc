/*
 * Readings are appended in threes, with room asked for exactly these three each time: each step copies all
 * that is there.  Most series stay short, a few get long, so no one size is right for all.
 *
 * expect: finding kind=reserve function=append_readings
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <cstdio>
#include <vector>

namespace {

__attribute__((noinline)) void append_readings(std::vector<double> &series, const double *three)
{
#ifndef FIX
	series.reserve(series.size() + 3);
#endif
	series.insert(series.end(), three, three + 3);
}

} // namespace

int main()
{
	const double three[3] = {1, 2, 3};
	double sum = 0;
	for (int i = 0; i < 600; i++) {
		std::vector<double> series;
		int steps = i % 50 == 0 ? 1500 : 3 + i % 40;
		for (int k = 0; k < steps; k++)
			append_readings(series, three);
		sum += series.back() + static_cast<double>(series.size());
	}
	std::printf("%.0f\n", sum);
	return 0;
}
