/*
 * Names that need demangling: templates, lambdas, namespaces, operators, a constructor.
 *
 * expect: site function~^shop::Basket<int>::add allocs=10
 * expect: site function~^shop::Item::Item allocs=20
 */
#include <cstdio>
#include <cstdlib>
#include "target.h"

namespace shop {

struct Item {
	char *name;
	NOINLINE Item() : name(static_cast<char *>(keep(std::malloc(30))))
	{
		name[0] = 'i';
	}
	~Item()
	{
		std::free(name);
	}
};

template <typename T> struct Basket {
	T *first = nullptr;
	NOINLINE void add(T value)
	{
		if (first)
			std::free(first);
		first = static_cast<T *>(keep(std::malloc(sizeof(T))));
		*first = value;
	}
};

} // namespace shop

int main()
{
	shop::Basket<int> basket;
	int sum = 0;

	for (int i = 0; i < 10; i++) {
		shop::Item a, b;
		basket.add(i);
		sum += a.name[0] + b.name[0];
	}
	std::printf("%d %d\n", sum, *basket.first);
	std::free(basket.first);
	return 0;
}
