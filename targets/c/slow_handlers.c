/*
 * Allocates and frees one small request after another, but works ten microseconds on each: a pool
 * could save nothing that anybody would notice.
 *
 * expect: none
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request { unsigned id; char body[120]; };

static __attribute__((noinline)) struct request *request_new(unsigned id)
{
	struct request *r = malloc(sizeof *r);
	r->id = id;
	memset(r->body, (int)(id & 127), sizeof r->body);
	return r;
}

static __attribute__((noinline)) unsigned long request_work(const struct request *r)
{
	unsigned long h = r->id;
	for (int round = 0; round < 60; round++)
		for (size_t i = 0; i < sizeof r->body; i++)
			h = h * 0x9E3779B97F4A7C15ul + (unsigned char)r->body[i];
	return h;
}

int main(void)
{
	unsigned long sum = 0;
	for (unsigned i = 0; i < 15000; i++) {
		struct request *r = request_new(i);
		sum += request_work(r);
		free(r);
	}
	printf("%lu\n", sum);
	return 0;
}
