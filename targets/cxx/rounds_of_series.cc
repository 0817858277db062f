/*
 * A round collects the samples of three hundred sensors, each in a vector of its own that grows to about
 * a thousand, and drops them all together: they die like a region, but what they lack is their size.
 *
 * expect: finding kind=reserve function~collect
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <cstdio>
#include <vector>

namespace {

__attribute__((noinline)) void collect(std::vector<float> &series, unsigned n)
{
#ifdef FIX
	series.reserve(1024);
#endif
	for (unsigned i = 0; i < n; i++)
		series.push_back(static_cast<float>(i % 97) * 0.25F);
}

double one_round(unsigned seed)
{
	std::vector<std::vector<float>> all(300);
	for (unsigned i = 0; i < all.size(); i++)
		collect(all[i], 900 + (seed * 31 + i * 17) % 120);
	double sum = 0;
	for (const auto &series : all)
		sum += series.back();
	return sum;
}

} // namespace

int main()
{
	double sum = 0;
	for (unsigned i = 0; i < 60; i++)
		sum += one_round(i);
	std::printf("%.2f\n", sum);
	return 0;
}
