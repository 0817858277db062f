/*
 * Throws through frames that own memory: destructors run, nothing stays, what() is right; also from threads.
 *
 * ldflags: -pthread
 * expect: site function~risky_step allocs>=2000 live=0
 * expect: health lost_events=0 unmatched_frees=0
 */
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include "target.h"

static NOINLINE int risky_step(int i)
{
	std::unique_ptr<char[]> held(static_cast<char *>(keep(new char[100])));

	held[0] = char(i);
	if (i % 3 == 0)
		throw std::runtime_error("step " + std::to_string(i) + " failed for a reason that takes some words");
	return held[0] & 1;
}

static NOINLINE int run_steps()
{
	int caught = 0;

	for (int i = 0; i < 500; i++) {
		try {
			risky_step(i);
		} catch (const std::exception &e) {
			caught += std::string(e.what()).find("step " + std::to_string(i)) == 0;
		}
	}
	return caught;
}

int main()
{
	int caught[4] = {};
	std::vector<std::thread> threads;

	for (int t = 1; t < 4; t++)
		threads.emplace_back([&caught, t] { caught[t] = run_steps(); });
	caught[0] = run_steps();
	for (auto &t : threads)
		t.join();
	std::printf("%d %d %d %d\n", caught[0], caught[1], caught[2], caught[3]);
	return 0;
}
