/*
 * A plugin of plugin_operators.c with operators of its own: all forms, from an arena, counted.
 */
#include <cstdint>
#include <cstdio>
#include <map>
#include <new>
#include <string>

static char arena[1 << 20];
static std::size_t used;
static long news, deletes, strangers;

static void *take(std::size_t n, std::size_t align)
{
	std::uintptr_t at = (reinterpret_cast<std::uintptr_t>(arena) + used + align - 1) & ~(align - 1);
	used = at - reinterpret_cast<std::uintptr_t>(arena) + n;
	news++;
	return reinterpret_cast<void *>(at);
}

static void give(void *p)
{
	deletes++;
	strangers += p && (static_cast<char *>(p) < arena || static_cast<char *>(p) >= arena + sizeof arena);
}

void *operator new(std::size_t n) { return take(n, 16); }
void *operator new[](std::size_t n) { return take(n, 16); }
void *operator new(std::size_t n, std::align_val_t a) { return take(n, std::size_t(a)); }
void operator delete(void *p) noexcept { give(p); }
void operator delete(void *p, std::size_t) noexcept { give(p); }
void operator delete[](void *p) noexcept { give(p); }
void operator delete[](void *p, std::size_t) noexcept { give(p); }
void operator delete(void *p, std::align_val_t) noexcept { give(p); }
void operator delete(void *p, std::size_t, std::align_val_t) noexcept { give(p); }

struct alignas(64) wide {
	char bytes[64];
};

extern "C" void plugin_run()
{
	std::map<std::string, int> names;
	for (int i = 0; i < 50; i++)
		names[std::string(40, char('a' + i % 26)) + char('0' + i / 26)] = i;
	names.clear();
	delete[] new int[100];
	wide *w = new wide;
	bool aligned = reinterpret_cast<std::uintptr_t>(w) % 64 == 0;
	delete w;
	std::printf("arena: %ld news, %ld deletes, %ld strangers, aligned %d\n", news, deletes, strangers, aligned);
}
