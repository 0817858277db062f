/*
 * What a program can say about itself to a recording: marks and regions.  Header only, C and C++.
 *
 *	#include <pooltrace.h>
 *
 *	POOLTRACE_MARK("request 17");
 *
 *	POOLTRACE_REGION_BEGIN(import, "import");
 *	load_all();
 *	POOLTRACE_REGION_END(import);
 *
 * Without libpooltrace.so in the process every call is a test of one pointer.  Nothing has to be linked.
 * Any thread may call these functions at any time, in signal handlers too after the first call.
 * Names are UTF-8; the first 64 bytes are recorded.
 */
#ifndef POOLTRACE_H
#define POOLTRACE_H

#include <dlfcn.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library's functions, looked up at the first call. */
struct pooltrace_calls {
	int looked_up;
	int (*is_recording)(void);
	void (*mark)(const char *name);
	uint64_t (*region_begin)(const char *name);
	void (*region_end)(uint64_t region);
};

static inline struct pooltrace_calls *pooltrace_calls(void)
{
	static struct pooltrace_calls calls;

	if (!__atomic_load_n(&calls.looked_up, __ATOMIC_ACQUIRE)) {
		*(void **)&calls.is_recording = dlsym(RTLD_DEFAULT, "pooltrace_is_recording");
		*(void **)&calls.mark = dlsym(RTLD_DEFAULT, "pooltrace_mark");
		*(void **)&calls.region_begin = dlsym(RTLD_DEFAULT, "pooltrace_region_begin");
		*(void **)&calls.region_end = dlsym(RTLD_DEFAULT, "pooltrace_region_end");
		__atomic_store_n(&calls.looked_up, 1, __ATOMIC_RELEASE);
	}
	return &calls;
}

/* 1 while the process is recorded, else 0. */
static inline int pooltrace_recording(void)
{
	struct pooltrace_calls *c = pooltrace_calls();
	return c->is_recording && c->is_recording();
}

/* Something happened now. */
static inline void pooltrace_mark_now(const char *name)
{
	struct pooltrace_calls *c = pooltrace_calls();
	if (c->mark)
		c->mark(name);
}

/* A region begins in this thread; returns its number for the end, 0 = not recorded. */
static inline uint64_t pooltrace_begin(const char *name)
{
	struct pooltrace_calls *c = pooltrace_calls();
	return c->region_begin ? c->region_begin(name) : 0;
}

/* The region ends; 0 does nothing. */
static inline void pooltrace_end(uint64_t region)
{
	struct pooltrace_calls *c = pooltrace_calls();
	if (c->region_end)
		c->region_end(region);
}

#define POOLTRACE_MARK(name) pooltrace_mark_now(name)
#define POOLTRACE_REGION_BEGIN(id, name) uint64_t pooltrace_region_##id = pooltrace_begin(name)
#define POOLTRACE_REGION_END(id) pooltrace_end(pooltrace_region_##id)

#ifdef __cplusplus
}

namespace pooltrace
{
/* A region that lasts as long as this object. */
class region
{
	uint64_t number;

      public:
	explicit region(const char *name) : number(pooltrace_begin(name))
	{
	}
	~region()
	{
		pooltrace_end(number);
	}
	region(const region &) = delete;
	region &operator=(const region &) = delete;
};
} // namespace pooltrace
#endif

#endif
