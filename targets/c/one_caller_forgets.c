/*
 * A function that makes texts has two callers: one gives everything back, the other forgets what it makes.
 *
 * expect: finding kind=leak function=remember_failure
 * expect: no-finding kind=leak function=answer
 */
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) char *make_text(unsigned i)
{
	char *p = malloc(64);
	if (!p)
		abort();
	p[0] = (char)i;
	return p;
}

static __attribute__((noinline)) unsigned answer(unsigned i)
{
	unsigned sum = 0;
	for (unsigned k = 0; k < 4; k++) {
		char *p = make_text(i + k);
		sum += (unsigned char)p[0];
		free(p);
	}
	return sum;
}

static __attribute__((noinline)) unsigned remember_failure(unsigned i)
{
	char *p = make_text(i);
	return (unsigned char)p[0];
}

int main(void)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < 40000; i++) {
		sum += answer(i);
		if (i % 8 == 0)
			sum += remember_failure(i);
	}
	printf("%u\n", sum);
	return 0;
}
