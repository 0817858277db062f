// For the containers that grow in PLACE: call it before n elements are added.
#include <cstddef>
#include <vector>

template <class Container> void NAME_room(Container &c, std::size_t n)
{
	if (c.size() + n > c.capacity())
		c.reserve(c.size() + (n > c.size() ? n : c.size()));
}
template void NAME_room(std::vector<double> &, std::size_t);
