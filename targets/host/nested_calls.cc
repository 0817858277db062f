/*
 * 1000 blocks each by calloc, realloc and new, on whatever allocator there is; one allocation fails.
 *
 * promise: each is one event, whatever the allocator calls to do it.
 */
#include <cstdio>
#include <cstdlib>
#include <new>

struct node {
	char bytes[40];
};
static void *volatile sink;

int main()
{
	int failed = 0;
	for (int i = 0; i < 1000; i++) {
		void *p = std::calloc(10, 10);
		sink = p;
		p = std::realloc(p, 5000);
		sink = p;
		std::free(p);
		node *n = new node;
		sink = n;
		delete n;
	}
	try {
		sink = ::operator new(std::size_t(1) << 62);
	} catch (std::bad_alloc &) {
		failed++;
	}
	sink = std::calloc(1, std::size_t(1) << 60);
	failed += !sink;
	node *last = new node;
	sink = last;
	std::printf("done, %d failed\n", failed);
	return 0;
}
