/*
 * operator new and delete of C++.
 *
 * libstdc++'s go through malloc, which is recorded: they are jumped to, so that stacks look as they
 * would without us.  An allocator that brings its own (tcmalloc, jemalloc, mimalloc) is recorded
 * here, as PTF_OP_NEW and PTF_OP_DELETE.
 *
 * The next operators are looked up once, in the constructor.  Where there is none (a C program, which may
 * load C++ plugins), ours is taken out of our symbol table: a plugin then calls its own, or libstdc++'s,
 * as it would without us.
 */
#define PT_INTERPOSES
#include "hook.h"
#include "intercept/nested_allocator.h"
#include "base/real.h"

typedef void *new_fn(size_t n, size_t b, size_t c);
typedef void delete_fn(void *p, size_t b, size_t c);

/* What some allocators' operators call, malloc() and free(), is this same event, not another one. */
static void *new_recorded(new_fn *next, size_t n, size_t b, size_t c, size_t align,
                          const struct frame_start *start)
{
	struct self *self = nested_begin(__builtin_frame_address(0));
	void *p = next(n, b, c);
	nested_end(self);
	if (p)
		hook_alloc(start, p, n,
		           ptc_what(PTF_OP_NEW, PTF_DOMAIN_C,
		                    align ? (unsigned)__builtin_ctzl(align) : 0));
	else
		hook_failed();
	return p;
}

static void delete_recorded(delete_fn *next, void *p, size_t b, size_t c,
                            const struct frame_start *start)
{
	if (p)
		hook_free(start, p, ptc_what(PTF_OP_DELETE, PTF_DOMAIN_C, 0));
	struct self *self = nested_begin(__builtin_frame_address(0));
	next(p, b, c);
	nested_end(self);
}

/* Only where our own could not be taken out of the symbol table: what is loaded by now may have one. */
static PT_COLD void *new_late(const char *name, size_t n, size_t b, size_t c)
{
	new_fn *next = (new_fn *)real_next(name);
	return next ? next(n, b, c) : malloc(n ? n : 1);
}

static PT_COLD void delete_late(const char *name, void *p, size_t b, size_t c)
{
	delete_fn *next = (delete_fn *)real_next(name);
	if (next)
		next(p, b, c);
	else
		free(p);
}

/* Every form takes up to three words: the size, then alignment and nothrow tag in some order. */
#define OPERATOR_NEW(name, align)                                                            \
	static new_fn *next##name;                                                           \
	static bool own##name; /* the allocator's, rather than a way to malloc */            \
	PT_EXPORT void *name(size_t n, size_t b, size_t c);                                  \
	void *name(size_t n, size_t b, size_t c)                                             \
	{                                                                                    \
		if (unlikely(!next##name))                                                   \
			return new_late(#name, n, b, c);                                     \
		if (unlikely(own##name))                                                     \
			return new_recorded(next##name, n, b, c, align, FRAME_START_HERE()); \
		return next##name(n, b, c);                                                  \
	}

#define OPERATOR_DELETE(name)                                                     \
	static delete_fn *next##name;                                             \
	static bool own##name;                                                    \
	PT_EXPORT void name(void *p, size_t b, size_t c);                         \
	void name(void *p, size_t b, size_t c)                                    \
	{                                                                         \
		if (unlikely(!next##name))                                        \
			delete_late(#name, p, b, c);                              \
		else if (unlikely(own##name))                                     \
			delete_recorded(next##name, p, b, c, FRAME_START_HERE()); \
		else                                                              \
			next##name(p, b, c);                                      \
	}

#define ALL_OPERATORS(NEW, DELETE)                  \
	NEW(_Znwm, 0)                               \
	NEW(_Znam, 0)                               \
	NEW(_ZnwmRKSt9nothrow_t, 0)                 \
	NEW(_ZnamRKSt9nothrow_t, 0)                 \
	NEW(_ZnwmSt11align_val_t, b)                \
	NEW(_ZnamSt11align_val_t, b)                \
	NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, b)  \
	NEW(_ZnamSt11align_val_tRKSt9nothrow_t, b)  \
	DELETE(_ZdlPv)                              \
	DELETE(_ZdaPv)                              \
	DELETE(_ZdlPvm)                             \
	DELETE(_ZdaPvm)                             \
	DELETE(_ZdlPvRKSt9nothrow_t)                \
	DELETE(_ZdaPvRKSt9nothrow_t)                \
	DELETE(_ZdlPvSt11align_val_t)               \
	DELETE(_ZdaPvSt11align_val_t)               \
	DELETE(_ZdlPvmSt11align_val_t)              \
	DELETE(_ZdaPvmSt11align_val_t)              \
	DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t) \
	DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)

ALL_OPERATORS(OPERATOR_NEW, OPERATOR_DELETE)

#define FIND_OPERATOR(name, type)              \
	next##name = (type *)real_next(#name); \
	own##name = next##name && real_is_allocator((uint64_t)next##name);
#define FIND_NEW(name, align) FIND_OPERATOR(name, new_fn)
#define FIND_DELETE(name) FIND_OPERATOR(name, delete_fn)
#define NEW_NAME(name, align) #name,
#define DELETE_NAME(name) #name,

void operators_find(void)
{
	static const char *const names[] = {ALL_OPERATORS(NEW_NAME, DELETE_NAME) "free_sized",
	                                    "free_aligned_sized"};
	ALL_OPERATORS(FIND_NEW, FIND_DELETE)
	real_hide_missing(names, sizeof names / sizeof names[0]);
}
