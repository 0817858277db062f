/*
 * An allocator whose functions call each other by name: calloc(), realloc(), reallocarray(), memalign() and
 * the operators by malloc() and free(), which of an aligned block calls itself.
 *
 * cflags: -fno-builtin
 */
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>

#include <sys/mman.h>

namespace {
struct header {
	std::size_t size;
	void *next;
};
header *lists[48];
const std::size_t is_aligned = ~std::size_t(0); /* then `next` is the block that it lies in */
std::mutex mutex;

unsigned order(std::size_t n)
{
	unsigned k = 6;
	while ((std::size_t(1) << k) < n + sizeof(header))
		k++;
	return k;
}

header *carve(unsigned k)
{
	static char *at, *end;
	std::size_t n = std::size_t(1) << k;
	if (std::size_t(end - at) < n) {
		std::size_t more = n > (1 << 20) ? n : 1 << 20;
		void *p = mmap(nullptr, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return nullptr;
		at = static_cast<char *>(p);
		end = at + more;
	}
	at += n;
	return reinterpret_cast<header *>(at - n);
}
}

extern "C" void *malloc(std::size_t n)
{
	if (n > std::size_t(1) << 40)
		return nullptr;
	std::lock_guard<std::mutex> guard(mutex);
	unsigned k = order(n);
	header *h = lists[k];
	if (h)
		lists[k] = static_cast<header *>(h->next);
	else if (!(h = carve(k)))
		return nullptr;
	h->size = n;
	return h + 1;
}

extern "C" void free(void *p)
{
	if (!p)
		return;
	header *h = static_cast<header *>(p) - 1;
	if (h->size == is_aligned) {
		free(h->next);
		return;
	}
	std::lock_guard<std::mutex> guard(mutex);
	unsigned k = order(h->size);
	h->next = lists[k];
	lists[k] = h;
}

extern "C" void *calloc(std::size_t n, std::size_t size)
{
	void *p = malloc(n * size);
	return p ? std::memset(p, 0, n * size) : p;
}

extern "C" void *realloc(void *old, std::size_t n)
{
	void *p = malloc(n);
	if (!p || !old)
		return p;
	header *h = static_cast<header *>(old) - 1;
	std::size_t had = h->size == is_aligned ? 0 : h->size;
	std::memcpy(p, old, had < n ? had : n);
	free(old);
	return p;
}

extern "C" void *reallocarray(void *old, std::size_t n, std::size_t size)
{
	return realloc(old, n * size);
}

extern "C" void *memalign(std::size_t align, std::size_t n)
{
	char *block = static_cast<char *>(malloc(n + align + sizeof(header)));
	if (!block)
		return block;
	std::uintptr_t at = reinterpret_cast<std::uintptr_t>(block) + sizeof(header) + align - 1;
	header *h = reinterpret_cast<header *>(at & ~(align - 1)) - 1;
	*h = {is_aligned, block};
	return h + 1;
}

extern "C" void *aligned_alloc(std::size_t align, std::size_t n)
{
	return memalign(align, n);
}

extern "C" int posix_memalign(void **out, std::size_t align, std::size_t n)
{
	*out = memalign(align, n);
	return *out ? 0 : 12;
}

void *operator new(std::size_t n)
{
	void *p = malloc(n);
	if (!p)
		throw std::bad_alloc();
	return p;
}

void operator delete(void *p) noexcept
{
	free(p);
}

void operator delete(void *p, std::size_t) noexcept
{
	free(p);
}
