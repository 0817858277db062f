/*
 * C++ exceptions thrown through callers that allocate, rethrown, out of constructors, in threads,
 * kept in exception_ptr, and while another one is being handled.
 *
 * promise: they arrive where they would; thrown objects come from malloc and are recorded.
 * ldflags: -pthread
 */
#include <exception>
#include <memory>
#include <stdexcept>
#include <stdio.h>
#include <string>
#include <thread>
#include <vector>

#include "ledger.h"

struct half_made {
	std::string name;
	std::unique_ptr<int[]> data;
	explicit half_made(int i) : name(100, 'x'), data(new int[50])
	{
		if (i % 2)
			throw std::runtime_error("half made " + std::to_string(i));
	}
};

__attribute__((noinline)) static int descend(int depth, int i)
{
	std::vector<std::string> held(3, std::string(50, 'a'));
	void *p = led_malloc(64);
	struct guard {
		void *p;
		~guard()
		{
			led_free(p);
		}
	} guard{p};
	if (depth == 0)
		return half_made(i).name.size() > 0;
	try {
		return descend(depth - 1, i);
	} catch (std::logic_error &) {
		return -1;
	}
}

static int count(int n)
{
	int n_caught = 0;
	std::exception_ptr kept;
	for (int i = 0; i < n; i++) {
		try {
			try {
				descend(i % 30, i);
			} catch (std::runtime_error &e) {
				n_caught++;
				kept = std::current_exception();
				try {
					throw std::string("nested");
				} catch (std::string &) {
					throw;
				}
			}
		} catch (std::string &) {
			n_caught++;
		}
	}
	try {
		std::rethrow_exception(kept);
	} catch (std::exception &e) {
		n_caught += std::string(e.what()) == "half made " + std::to_string(n - 1);
	}
	return n_caught;
}

int main()
{
	int there = 0;
	std::thread other([&] { there = count(400); });
	int here = count(400);
	other.join();
	printf("caught %d and %d\n", here, there);
	return 0;
}
