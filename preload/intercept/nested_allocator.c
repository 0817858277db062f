/*
 * See nested.h.  The C library's own malloc, which most programs have, pays nothing for this.
 */
#define PT_INTERPOSES
#include "intercept/nested_allocator.h"

static struct real next;

#define NESTED(type, name, parameters, arguments)                             \
	static type nested_##name parameters                                  \
	{                                                                     \
		struct self *self = nested_begin(__builtin_frame_address(0)); \
		type result = next.name##_ arguments;                         \
		nested_end(self);                                             \
		return result;                                                \
	}

#define NESTED_VOID(name, parameters, arguments)                              \
	static void nested_##name parameters                                  \
	{                                                                     \
		struct self *self = nested_begin(__builtin_frame_address(0)); \
		next.name##_ arguments;                                       \
		nested_end(self);                                             \
	}

#define ALL(VALUE, VOID)                                                                  \
	VALUE(void *, malloc, (size_t n), (n))                                            \
	VALUE(void *, calloc, (size_t n, size_t size), (n, size))                         \
	VALUE(void *, realloc, (void *p, size_t n), (p, n))                               \
	VALUE(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))       \
	VALUE(int, posix_memalign, (void **out, size_t align, size_t n), (out, align, n)) \
	VALUE(void *, aligned_alloc, (size_t align, size_t n), (align, n))                \
	VALUE(void *, memalign, (size_t align, size_t n), (align, n))                     \
	VALUE(void *, valloc, (size_t n), (n))                                            \
	VALUE(void *, pvalloc, (size_t n), (n))                                           \
	VOID(free, (void *p), (p))                                                        \
	VOID(free_sized, (void *p, size_t n), (p, n))                                     \
	VOID(free_aligned_sized, (void *p, size_t align, size_t n), (p, align, n))

ALL(NESTED, NESTED_VOID)

#define WRAP(name)                                                            \
	if (real.name##_ && !real_is_libc(#name, (const void *)real.name##_)) \
		real.name##_ = nested_##name;
#define WRAP_VALUE(type, name, parameters, arguments) WRAP(name)
#define WRAP_VOID(name, parameters, arguments) WRAP(name)

void nested_wrap(void)
{
	next = real;
	ALL(WRAP_VALUE, WRAP_VOID)
}
