// Something for the compiler to chew on: what it does with this is the workload.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

int main()
{
	std::regex pattern("a+b");
	std::map<std::string, std::vector<int>> lists;
	lists["a"].push_back(1);
	std::sort(lists["a"].begin(), lists["a"].end());
	std::unordered_map<int, std::function<int(int)>> functions;
	functions[1] = [](int x) { return x + 1; };
	std::stringstream out;
	out << functions[1](2) << std::regex_match("aab", pattern);
	std::cout << out.str() << lists.size();
}
