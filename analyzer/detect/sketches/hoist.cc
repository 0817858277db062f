// One buffer for PLACE, kept; for containers: make it STORAGE and clear() it.
// Wrong if the function calls itself or the buffer escapes.
#include <cstddef>
#include <vector>

std::byte *NAME_buffer(std::size_t bytes)
{
	STORAGE std::vector<std::byte> kept(BUFFER_BYTES);
	if (bytes > kept.size())
		kept.resize(bytes);
	return kept.data();
}
