// Region for what is allocated under PLACE: give the containers of a round
// (std::pmr::map, std::pmr::string, ...) a resource over one reused buffer.
// Wrong if anything outlives the round, or rounds overlap on several threads.
#include <cstddef>
#include <memory_resource>

struct NAME_region {
	static constexpr std::size_t bytes = CHUNK_BYTES;
	static void *buffer()
	{
		static void *const kept = ::operator new(bytes);
		return kept;
	}
	std::pmr::monotonic_buffer_resource resource{buffer(), bytes};
};

// NAME_region region; std::pmr::vector<int> v(&region.resource);
