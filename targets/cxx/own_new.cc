/*
 * A program that brings its own operator new, on top of malloc.
 *
 * expect: site function~make_things allocs=100 frees=100 live=0
 */
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>
#include "target.h"

static size_t n_made;

void *operator new(size_t n)
{
	n_made++;
	if (void *p = std::malloc(n ? n : 1))
		return p;
	throw std::bad_alloc();
}

void operator delete(void *p) noexcept
{
	std::free(p);
}

void operator delete(void *p, size_t) noexcept
{
	std::free(p);
}

static NOINLINE int make_things()
{
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		std::unique_ptr<int> p(static_cast<int *>(keep(new int(i))));
		sum += *p;
	}
	return sum;
}

int main()
{
	std::printf("%d\n", make_things());
	std::printf("%zu\n", n_made);
	return 0;
}
