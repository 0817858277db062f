/*
 * Answers requests whose query is taken apart into a list of fields, each with its name and value; the
 * list is dropped when the request is answered.
 *
 * expect: finding kind=region function=parse_query
 * expect: only
 * expect.fix: no-finding kind=region
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../pools.h"

struct field {
	struct field *next;
	char *name, *value;
};

#ifdef FIX
ARENA(query, 12288)
#define take(n) query_get(n)
#else
#define take(n) malloc(n)
#endif

static char *copy(const char *text, size_t n)
{
	char *c = take(n + 1);
	memcpy(c, text, n);
	c[n] = 0;
	return c;
}

static __attribute__((noinline)) struct field *parse_query(const char *q)
{
	struct field *list = NULL;
	while (*q) {
		const char *equals = strchr(q, '='), *end = strchr(q, '&');
		if (!end)
			end = q + strlen(q);
		struct field *f = take(sizeof *f);
		f->name = copy(q, (size_t)(equals - q));
		f->value = copy(equals + 1, (size_t)(end - equals - 1));
		f->next = list;
		list = f;
		q = *end ? end + 1 : end;
	}
	return list;
}

static void drop(struct field *list)
{
#ifdef FIX
	(void)list;
	query_reset();
#else
	for (struct field *f = list, *next; f; f = next) {
		next = f->next;
		free(f->name);
		free(f->value);
		free(f);
	}
#endif
}

static unsigned answer(const char *q)
{
	unsigned sum = 0;
	struct field *list = parse_query(q);
	for (struct field *f = list; f; f = f->next)
		sum += (unsigned)strlen(f->value) + (unsigned char)f->name[0];
	drop(list);
	return sum;
}

int main(void)
{
	static char q[8192];
	unsigned long sum = 0;
	for (unsigned r = 0; r < 4000; r++) {
		char *p = q;
		for (unsigned i = 0; i < 60 + r % 40; i++) {
			memcpy(p, "&fieldAA=12345" + !i, 14);
			p[6 - !i] = (char)('a' + i % 26);
			p += 14 - !i;
		}
		*p = 0;
		sum += answer(q);
	}
	printf("%lu\n", sum);
	return 0;
}
