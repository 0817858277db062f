/*
 * Each form of operator new and delete once: plain, array, sized, aligned, nothrow, placement; bad_alloc thrown.
 *
 * cflags: -Wno-alloc-size-larger-than
 * expect: site function=make_plain allocs=1 bytes=4 live=0
 * expect: site function=make_array allocs=1 bytes=40 live=0
 * expect: site function=make_aligned allocs=1 bytes=128 live=0
 * expect: site function=make_nothrow allocs=1 bytes=24 live=0
 */
#include <cstdint>
#include <cstdio>
#include <new>
#include "target.h"

struct alignas(128) Wide {
	char bytes[128];
};

struct Small {
	long a, b, c;
};

static NOINLINE int *make_plain()
{
	return static_cast<int *>(keep(new int(3)));
}

static NOINLINE int *make_array()
{
	return static_cast<int *>(keep(new int[10]()));
}

static NOINLINE Wide *make_aligned()
{
	return static_cast<Wide *>(keep(new Wide));
}

static NOINLINE Small *make_nothrow()
{
	return static_cast<Small *>(keep(new (std::nothrow) Small()));
}

static NOINLINE bool refuse()
{
	volatile size_t huge = PTRDIFF_MAX - 4096;

	try {
		keep(::operator new(huge));
	} catch (const std::bad_alloc &) {
		return keep(::operator new(huge, std::nothrow)) == nullptr;
	}
	return false;
}

int main()
{
	int *plain = make_plain(), *array = make_array();
	Wide *wide = make_aligned();
	Small *small = make_nothrow();
	bool aligned = reinterpret_cast<uintptr_t>(wide) % 128 == 0;

	std::printf("%d %d %s %ld %s\n", *plain, array[9], aligned ? "aligned" : "crooked", small->a,
	            refuse() ? "refused" : "given");
	delete plain;
	delete[] array;
	delete wide;
	delete small;
	return 0;
}
