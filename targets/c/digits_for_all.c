/*
 * Arithmetic that gets its numbers from one function, four sizes for sixteen places.  No place is worth a
 * pool, but the function is: a free list for each size.
 *
 * args: 30000
 * expect: finding kind=slab function=new_digits evidence.size_classes=4 evidence.calling_places>=16
 * expect: only
 * expect.fix: no-finding kind=slab
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>

struct digits { size_t n; unsigned char at[]; };

#ifdef FIX
static struct digits *lists[16];
#endif

static __attribute__((noinline)) struct digits *new_digits(size_t n)
{
	struct digits *d;
#ifdef FIX
	struct digits **list = &lists[(sizeof *d + n + 15) / 16];
	if (*list) {
		d = *list;
		*list = *(struct digits **)(void *)d->at;
		d->n = n;
		return d;
	}
#endif
	d = malloc(sizeof *d + n);
	if (!d)
		abort();
	d->n = n;
	return d;
}

static __attribute__((noinline)) void drop_digits(struct digits *d)
{
#ifdef FIX
	struct digits **list = &lists[(sizeof *d + d->n + 15) / 16];
	*(struct digits **)(void *)d->at = *list;
	*list = d;
#else
	free(d);
#endif
}

static unsigned use(struct digits *a, struct digits *b)
{
	a->at[0] = (unsigned char)b->n;
	b->at[1] = (unsigned char)a->n;
	unsigned sum = a->at[0] + b->at[1];
	drop_digits(a);
	drop_digits(b);
	return sum;
}

#define STEP(name, x, y)                                                              \
	static __attribute__((noinline)) unsigned name(unsigned i)                    \
	{                                                                             \
		struct digits *a = new_digits(x);                                     \
		struct digits *b = new_digits(y);                                     \
		a->at[2] = b->at[2] = (unsigned char)i;                               \
		return use(a, b) + i % 3;                                             \
	}
STEP(add, 16, 32)
STEP(subtract, 32, 64)
STEP(multiply, 64, 96)
STEP(divide, 96, 16)
STEP(shift, 16, 64)
STEP(square, 32, 96)
STEP(root, 64, 16)
STEP(power, 96, 32)

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 30000, sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += add(i) + subtract(i) + multiply(i) + divide(i) + shift(i) + square(i) + root(i) + power(i);
	printf("%u\n", sum);
	return 0;
}
