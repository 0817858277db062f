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

/* errno is printed too: some of them distinguish "cannot be" from "has none". */
static void told(const char *what, size_t n, void *p)
{
	printf("%s of %zx: %s, errno %d\n", what, n, p ? "a block" : "nothing", p ? 0 : errno);
	free(p);
}

static void huge_sizes(void)
{
	static volatile size_t sizes[] = {PTRDIFF_MAX - 4096, PTRDIFF_MAX - 1, PTRDIFF_MAX,
	                                  (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096, SIZE_MAX};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t n = sizes[i];
		void *p = NULL;
		told("malloc", n, keep(malloc(n)));
		told("calloc", n, keep(calloc(n, 1)));
		told("calloc of pairs", n, keep(calloc(n / 2 + 1, 2)));
		told("realloc", n, keep(realloc(NULL, n)));
		told("reallocarray", n, keep(reallocarray(NULL, n / 3 + 1, 3)));
		told("memalign", n, keep(memalign(64, n)));
		told("aligned_alloc", n, keep(aligned_alloc(4096, n)));
		told("valloc", n, keep(valloc(n)));
		told("pvalloc", n, keep(pvalloc(n)));
		printf("posix_memalign: %d\n", posix_memalign(&p, 256, n));
	}
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
	huge_sizes();
	failing_realloc();
	content_kept();
	char *text = NULL;
	if (asprintf(&text, "%s %d", "asprintf", 5) > 0)
		puts(text);
	free(text);
	return 0;
}
