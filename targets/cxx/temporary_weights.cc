/*
 * A smoothing filter that builds a small vector of weights for every sample and drops it again.
 *
 * expect: finding kind=hoist function~smooth
 * expect: only
 * expect.fix: no-finding kind=hoist
 * fix: yes
 */
#include <cstdio>
#include <vector>

namespace {

__attribute__((noinline)) double smooth(const double *samples, int n)
{
#ifdef FIX
	static auto &weights = *new std::vector<double>;
	weights.resize(static_cast<std::size_t>(n));
#else
	std::vector<double> weights(static_cast<std::size_t>(n));
#endif
	double total = 0, sum = 0;
	for (int i = 0; i < n; i++)
		total += weights[static_cast<std::size_t>(i)] = 1.0 / (1 + i);
	for (int i = 0; i < n; i++)
		sum += samples[i] * weights[static_cast<std::size_t>(i)];
	return sum / total;
}

} // namespace

int main()
{
	double samples[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
	double sum = 0;
	for (int i = 0; i < 500000; i++)
		sum += smooth(samples, 8);
	std::printf("%.3f\n", sum);
	return 0;
}
