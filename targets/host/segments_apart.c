/*
 * Linked for large pages: the kernel maps the program's segments megabytes apart, with nothing between them.
 * Takes malloc's address, too, so that the program has a symbol of that name.  A plugin is loaded and
 * unloaded in between.
 *
 * promise: whole stacks; nothing says that the program defines malloc.
 * cflags: -D_GNU_SOURCE
 * ldflags: -Wl,-z,max-page-size=2097152 -rdynamic -ldl
 */
#include <dlfcn.h>
#include <stdio.h>

#include "ledger.h"

static void *(*volatile allocate)(size_t) = malloc;

__attribute__((noinline)) static void *make_record(size_t n)
{
	void *p = keep(allocate(n));
	ledger_add(LEDGER_ALLOC, p, n);
	return p;
}

__attribute__((noinline)) static void fill_table(int n)
{
	for (int i = 0; i < n; i++)
		led_free(make_record(100 + (size_t)i));
}

int main(void)
{
	fill_table(50);
	void *plugin = dlopen("libm.so.6", RTLD_NOW);
	fill_table(50);
	if (plugin)
		dlclose(plugin);
	fill_table(50);
	puts("150 records");
	return 0;
}
