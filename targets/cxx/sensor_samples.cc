/*
 * Collects five to six hundred samples of each sensor into a vector of its own and keeps their mean.
 *
 * expect: finding kind=reserve function~mean_of
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <cstdio>
#include <vector>

namespace {

__attribute__((noinline)) double mean_of(unsigned sensor)
{
	std::vector<double> samples;
#ifdef FIX
	samples.reserve(1024);
#endif
	for (unsigned i = 0; i < 520 + sensor % 100; i++)
		samples.push_back(sensor * 0.5 + i);
	double sum = 0;
	for (double d : samples)
		sum += d;
	return sum / static_cast<double>(samples.size());
}

} // namespace

int main()
{
	double sum = 0;
	for (unsigned i = 0; i < 12000; i++)
		sum += mean_of(i);
	std::printf("%.2f\n", sum);
	return 0;
}
