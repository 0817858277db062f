/*
 * A std::function for each call, whose closure is too large for its own room: it is made inside of it, so no buffer
 * can be kept and no slot be given.
 *
 * expect: no-advice
 * expect: may kind=allocator
 */
#include <cstdio>
#include <functional>

__attribute__((noinline)) static long call(const std::function<long(long)> &f, long x)
{
	return f(x);
}

int main()
{
	long sum = 0;
	for (long i = 0; i < 200000; i++) {
		long a = i, b = i + 1, c = i + 2;
		sum += call([a, b, c](long x) { return x + a * b - c; }, i);
	}
	std::printf("%ld\n", sum);
}
