/*
 * A rule engine of sixty-four rules; each allocates a little, none allocates much, and the work
 * between dwarfs it all: there is no one place where a change would pay.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long work(unsigned long v)
{
	for (int i = 0; i < 4000; i++)
		v = v * 6364136223846793005ul + 1442695040888963407ul;
	return v;
}

#define RULE(n)                                                                                    \
	static __attribute__((noinline)) unsigned long rule_##n(unsigned long v)                   \
	{                                                                                          \
		char *p = malloc(16 + (n) * 8 + v % 64);                                           \
		memset(p, (int)(v & 127), 16);                                                     \
		unsigned long r = work(v + (unsigned char)p[3]);                                   \
		free(p);                                                                           \
		return r;                                                                          \
	}
#define RULES8(n) RULE(n##0) RULE(n##1) RULE(n##2) RULE(n##3) RULE(n##4) RULE(n##5) RULE(n##6) RULE(n##7)
RULES8(1) RULES8(2) RULES8(3) RULES8(4) RULES8(5) RULES8(6) RULES8(7) RULES8(8)

#define NAMES8(n) rule_##n##0, rule_##n##1, rule_##n##2, rule_##n##3, rule_##n##4, rule_##n##5, rule_##n##6, rule_##n##7

int main(void)
{
	static unsigned long (*const rules[])(unsigned long) = {
		NAMES8(1), NAMES8(2), NAMES8(3), NAMES8(4), NAMES8(5), NAMES8(6), NAMES8(7), NAMES8(8),
	};
	unsigned long v = 1;
	for (int i = 0; i < 25000; i++)
		v = rules[v >> 58](v);
	printf("%lu\n", v);
	return 0;
}
