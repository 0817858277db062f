/*
 * Blobs of 16 bytes to 32 KiB that live for random times, with much hashing for each: no size to make
 * slots of, no round to reset, and little to win.
 *
 * expect: none
 */
#include <cstdio>
#include <memory>
#include <vector>

int main()
{
	std::vector<std::unique_ptr<unsigned char[]>> blob(300);
	unsigned seed = 11;
	unsigned long hash = 1469598103934665603ul;
	for (unsigned i = 0; i < 8000; i++) {
		seed = seed * 1664525u + 1013904223u;
		unsigned at = (seed >> 9) % 300, size = 16u << (seed >> 28) % 12;
		blob[at] = std::make_unique<unsigned char[]>(size);
		for (unsigned k = 0; k < size; k += 2) {
			blob[at][k] = static_cast<unsigned char>(k + i);
			hash = (hash ^ blob[at][k]) * 1099511628211ul;
		}
		for (unsigned k = 0; k < 3000; k++)
			hash = (hash ^ k) * 1099511628211ul;
	}
	std::printf("%lu\n", hash);
	return 0;
}
