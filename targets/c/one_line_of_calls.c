/*
 * Orders with a name, an address and a list of items, allocated by three calls on one source line, hidden
 * in a macro, through a helper of the program's own.  They are freed together.
 *
 * expect: finding kind=bundle function=main
 * expect: only
 */
#include <stdio.h>
#include <stdlib.h>

#define OPEN 200

struct order { char *name, *address, *items; };

static __attribute__((noinline)) char *get_bytes(size_t n)
{
	char *p = malloc(n);
	if (!p)
		abort();
	return p;
}

#define FILL(o) ((o)->name = get_bytes(48), (o)->address = get_bytes(160), (o)->items = get_bytes(320))

static void order_drop(struct order *o)
{
	free(o->name);
	free(o->items);
	free(o->address);
}

int main(void)
{
	static struct order orders[OPEN];
	unsigned long sum = 0;
	for (unsigned i = 0; i < 150000; i++) {
		struct order *o = &orders[i * 7 % OPEN];
		if (o->name) {
			sum += (unsigned char)o->name[0] + (unsigned char)o->items[1];
			order_drop(o);
		}
		FILL(o);
		o->name[0] = (char)i;
		o->address[0] = o->items[1] = (char)(i >> 8);
	}
	for (unsigned i = 0; i < OPEN; i++)
		order_drop(&orders[i]);
	printf("%lu\n", sum);
	return 0;
}
