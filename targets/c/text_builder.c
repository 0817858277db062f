/*
 * Renders pages into a text buffer that begins with 32 bytes and doubles by realloc whenever it is
 * full; finished pages are kept in a ring of sixty-four.
 *
 * expect: finding kind=reserve function~text_append
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FIX
#define FIRST 2048
#else
#define FIRST 32
#endif
#define PAGES 16000
#define KEPT 64

struct text { char *bytes; size_t used, room; };

static __attribute__((noinline)) void text_append(struct text *t, const char *s, size_t n)
{
	while (t->used + n > t->room) {
		t->room = t->room ? t->room * 2 : FIRST;
		t->bytes = realloc(t->bytes, t->room);
	}
	memcpy(t->bytes + t->used, s, n);
	t->used += n;
}

static void page_render(struct text *t, unsigned page)
{
	static const char row[] = "<tr><td>a row of the table that everybody reads</td></tr>\n";
	for (unsigned i = 0; i < 20 + page % 14; i++)
		text_append(t, row, sizeof row - 1);
}

int main(void)
{
	static struct text ring[KEPT];
	unsigned long sum = 0;
	unsigned seed = 9;
	for (unsigned page = 0; page < PAGES; page++) {
		seed = seed * 1103515245u + 12345u;
		struct text *t = &ring[(seed >> 8) % KEPT];
		sum += t->used;
		free(t->bytes);
		*t = (struct text){0};
		page_render(t, page);
	}
	for (int i = 0; i < KEPT; i++)
		free(ring[i].bytes);
	printf("%lu\n", sum);
	return 0;
}
