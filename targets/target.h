/*
 * For the programs to trace: what keeps a compiler from optimising their point away.
 */
#ifndef TARGET_H
#define TARGET_H

#ifdef __cplusplus
extern "C" {
#endif

#define NOINLINE __attribute__((noinline, noclone))

/* The compiler must believe that the block is used. */
static inline void *keep(void *p)
{
	__asm__ __volatile__("" : "+r"(p) : : "memory");
	return p;
}

#ifdef __cplusplus
}
#endif
#endif
