/*
 * A smoothing filter that builds a small vector of weights for every sample and drops it again.
 *
 * expect: finding kind=hoist function~smooth
 * expect: only
 * expect.fix: no-finding kind=hoist
 * fix: yes
 */
#include <cstdio>
#include <new>
#include <vector>

namespace {

__attribute__((noinline)) double smooth(const double *samples, int n)
{
#ifdef FIX
	static std::size_t room = 64 / sizeof(double);
	static double *weights = static_cast<double *>(::operator new(64));
	if (static_cast<std::size_t>(n) > room) {
		::operator delete(weights);
		room = static_cast<std::size_t>(n);
		weights = static_cast<double *>(::operator new(room * sizeof(double)));
	}
	for (int i = 0; i < n; i++)
		weights[i] = 0;
#else
	std::vector<double> storage(static_cast<std::size_t>(n));
	double *weights = storage.data();
#endif
	double total = 0, sum = 0;
	for (int i = 0; i < n; i++)
		total += weights[i] = 1.0 / (1 + i);
	for (int i = 0; i < n; i++)
		sum += samples[i] * weights[i];
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
