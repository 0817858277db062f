/*
 * A least-recently-used cache of results with a bound that it keeps: it fills up and then replaces.
 *
 * expect: none
 */
#include <cmath>
#include <cstdio>
#include <list>
#include <string>
#include <unordered_map>

namespace {

struct Entry { unsigned key; std::string value; };

class Cache {
public:
	const std::string &get(unsigned key)
	{
		auto found = index_.find(key);
		if (found != index_.end()) {
			order_.splice(order_.begin(), order_, found->second);
			return order_.front().value;
		}
		if (order_.size() >= 5000) {
			index_.erase(order_.back().key);
			order_.pop_back();
		}
		order_.push_front({key, render(key)});
		index_[key] = order_.begin();
		return order_.front().value;
	}

private:
	static std::string render(unsigned key)
	{
		std::string text(100, ' ');
		for (int round = 0; round < 6; round++)
			for (unsigned i = 0; i < 100; i++)
				text[i] = static_cast<char>(' ' + std::fabs(std::sin(key + i + text[i])) * 60);
		return text;
	}
	std::list<Entry> order_;
	std::unordered_map<unsigned, std::list<Entry>::iterator> index_;
};

} // namespace

int main()
{
	Cache cache;
	unsigned long sum = 0;
	unsigned seed = 41;
	for (int i = 0; i < 25000; i++) {
		seed = seed * 1103515245u + 12345u;
		sum += cache.get((seed >> 8) % 20000).size();
	}
	std::printf("%lu\n", sum);
	return 0;
}
