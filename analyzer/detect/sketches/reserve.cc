// For the containers that grow in PLACE: call it on each new one.
// Wrong for those that mostly stay small.
#include <string>
#include <vector>

template <class Container> void NAME_reserve(Container &c)
{
	c.reserve(RESERVE_BYTES / sizeof(typename Container::value_type));
}
template void NAME_reserve(std::vector<double> &);
