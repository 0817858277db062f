/*
 * The small print of the malloc family: alignment, usable size, zero sizes, realloc of nothing and
 * to nothing, a failing realloc, overflowing products, old content kept, calloc's zeros.
 *
 * promise: every answer is the same with us as without us.
 * cflags: -D_GNU_SOURCE -Wno-use-after-free
 */
#include <malloc.h>
#include <stdio.h>

#include "ledger.h"

static void usable_sizes(void)
{
	for (size_t n = 0; n < 3000; n += 1 + n / 8) {
		void *p = keep(malloc(n));
		printf("%zu: usable %zu, aligned to 16: %d\n", n, malloc_usable_size(p),
		       (uintptr_t)p % 16 == 0);
		free(p);
	}
	for (size_t align = 8; align <= 65536; align *= 2) {
		void *p = NULL;
		int status = posix_memalign(&p, align, 100);
		void *q = keep(memalign(align, 10));
		printf("alignment %zu: %d %d %d\n", align, status, (uintptr_t)p % align == 0,
		       (uintptr_t)q % align == 0);
		free(p);
		free(q);
	}
	printf("of nothing: %zu\n", malloc_usable_size(NULL));
}

static void zero_sizes(void)
{
	void *p = keep(malloc(0)), *q = keep(calloc(0, 5)), *r = keep(realloc(NULL, 0));
	printf("zero sizes: %d %d %d\n", p != NULL, q != NULL, r != NULL);
	p = keep(realloc(p, 0));
	printf("realloc to zero: %s\n", p ? "a block" : "nothing");
	free(q);
	free(r);
	q = keep(reallocarray(NULL, 0, 10));
	printf("reallocarray of zero: %d\n", q != NULL);
	free(q);
}

static void failing_realloc(void)
{
	volatile size_t huge = PTRDIFF_MAX - 1000;
	char *p = led_malloc(100);
	memset(p, 'k', 100);
	char *q = led_realloc(p, huge);
	int kept = 1;
	for (int i = 0; i < 100; i++)
		kept &= p[i] == 'k';
	printf("failing realloc: %s, content kept: %d\n", q ? "a block" : "nothing", kept);
	q = keep(reallocarray(p, huge, 16));
	printf("failing reallocarray: %s, still %c\n", q ? "a block" : "nothing", p[99]);
	p = led_realloc(p, 200);
	printf("then one that works: %c\n", p[99]);
	led_free(p);
}

static void content_kept(void)
{
	int good = 1;
	unsigned char *p = NULL;
	for (size_t n = 1; n < 400000; n = n * 3 / 2 + 1) {
		p = led_realloc(p, n);
		p[n - 1] = (unsigned char)n;
		good &= p[0] == 1;
	}
	led_free(p);
	for (size_t n = 1; n < 300000; n *= 3) {
		unsigned char *zeroed = led_calloc(n, 1);
		for (size_t i = 0; i < n; i++)
			good &= zeroed[i] == 0;
		memset(zeroed, 255, n);
		led_free(zeroed);
	}
	printf("content: %d\n", good);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	usable_sizes();
	zero_sizes();
	failing_realloc();
	content_kept();
	char *text = NULL;
	if (asprintf(&text, "%s %d", "asprintf", 5) > 0)
		puts(text);
	free(text);
	return 0;
}
