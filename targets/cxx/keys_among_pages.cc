/*
 * A crawler fetches pages in waves; of each page a key is kept to the end and the page itself
 * dropped with its wave.  Kept keys pin the memory in which the pages were.
 *
 * expect: finding kind=segregate function~remember
 * expect: only
 * expect.fix: no-finding kind=segregate
 * fix: yes
 */
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>
#include "../pools.hpp"

namespace {

struct Key { Key *next; long hash; char host[48]; };

Key *keys;

#ifdef FIX
Slab<64, 2100> slab;
#endif

__attribute__((noinline)) std::unique_ptr<char[]> fetch(unsigned page, std::size_t &bytes)
{
	bytes = 5000 + page * 131 % 9000;
	std::unique_ptr<char[]> text(new char[bytes]);
	std::memset(text.get(), static_cast<int>(page & 127), bytes);
	return text;
}

__attribute__((noinline)) void remember(const char *text, std::size_t bytes)
{
#ifdef FIX
	Key *key = new (slab.get()) Key;
#else
	Key *key = new Key;
#endif
	key->hash = 0;
	for (std::size_t i = 0; i < bytes; i++)
		key->hash = key->hash * 31 + text[i];
	std::memcpy(key->host, "example", 8);
	key->next = keys;
	keys = key;
}

long crawl(unsigned wave, unsigned pages)
{
	std::vector<std::unique_ptr<char[]>> open(pages);
	for (unsigned i = 0; i < pages; i++) {
		std::size_t bytes;
		open[i] = fetch(wave * 1000 + i, bytes);
		remember(open[i].get(), bytes);
	}
	return keys->hash;
}

} // namespace

int main()
{
	long sum = 0;
	for (unsigned wave = 0; wave < 3; wave++)
		sum += crawl(wave, 700);
	for (int round = 0; round < 12000; round++)
		for (Key *k = keys; k; k = k->next)
			sum ^= k->hash + round;
	std::printf("%ld\n", sum);
	return 0;
}
