// The containers of C++ that allocate most: about five million allocations.
#include <cstdio>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

int main()
{
	std::size_t total = 0;
	for (int round = 0; round < 4; round++) {
		std::map<std::string, std::string> names;
		for (int i = 0; i < 200000; i++)
			names["key number " + std::to_string(i * 7919 % 200000)] = "some value of length " + std::to_string(i);
		std::unordered_map<int, std::vector<int>> groups;
		for (int i = 0; i < 1000000; i++)
			groups[i % 50000].push_back(i);
		total += names.size() + groups.size();
	}
	std::printf("%zu\n", total);
}
