/*
 * The usual containers, filled and emptied: vector, map, unordered_map, list, string.
 *
 * expect: site function~fill_list allocs=500 frees=500 live=0
 * expect: total live_bytes<=80000
 * expect: health lost_events=0 unmatched_frees=0 truncated_stacks=0
 */
#include <cstdio>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>
#include "target.h"

static NOINLINE void fill_list(std::list<long> &l)
{
	for (int i = 0; i < 500; i++)
		l.push_back(i);
}

static NOINLINE size_t fill_maps(int n)
{
	std::map<int, std::string> ordered;
	std::unordered_map<std::string, int> hashed;

	for (int i = 0; i < n; i++) {
		std::string key = "a key that is too long to be kept inside " + std::to_string(i);
		ordered[i] = key;
		hashed[key] = i;
	}
	return ordered.size() + hashed.size();
}

static NOINLINE long fill_vector(int n)
{
	std::vector<long> v;
	long sum = 0;

	for (int i = 0; i < n; i++)
		v.push_back(i);
	for (long x : v)
		sum += x;
	return sum;
}

int main()
{
	std::list<long> l;

	fill_list(l);
	std::printf("%zu %zu %ld\n", l.size(), fill_maps(1000), fill_vector(10000));
	return 0;
}
