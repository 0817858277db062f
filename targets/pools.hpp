/*
 * The slab of pools.h for C++ targets in their -DFIX forms: one thread, a free list over chunks of
 * `slots` slots of `slot_bytes`, kept until the process ends.
 */
#ifndef TARGETS_POOLS_HPP
#define TARGETS_POOLS_HPP

#include <cstddef>
#include <new>

template <std::size_t slot_bytes, std::size_t slots> class Slab {
	struct Free {
		Free *next;
	};
	Free *list = nullptr;

	void grow()
	{
		char *chunk = static_cast<char *>(::operator new(slot_bytes * slots));
		for (std::size_t i = slots; i-- > 0;)
			put(chunk + i * slot_bytes);
	}

public:
	void *get()
	{
		if (!list)
			grow();
		Free *f = list;
		list = f->next;
		return f;
	}
	void put(void *p)
	{
		Free *f = static_cast<Free *>(p);
		f->next = list;
		list = f;
	}
};

#endif
