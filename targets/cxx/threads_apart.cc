/*
 * Four threads, each with its own short-lived strings and lists, none handed to another, all with
 * more to do than to allocate.
 *
 * ldflags: -pthread
 * expect: none
 */
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>

namespace {

double results[4];

double one(int i)
{
	std::string name = "a name too long for the small buffer " + std::to_string(i);
	double sum = static_cast<double>(name.size());
	for (int k = 0; k < 1200; k++)
		sum += std::sqrt(i + k);
	return sum;
}

void work(int thread)
{
	double sum = 0;
	for (int i = 0; i < 4000; i++)
		sum += one(i);
	results[thread] = sum;
}

} // namespace

int main()
{
	std::thread threads[4];
	for (int i = 0; i < 4; i++)
		threads[i] = std::thread(work, i);
	for (auto &t : threads)
		t.join();
	std::printf("%.0f\n", results[0] + results[1] + results[2] + results[3]);
	return 0;
}
