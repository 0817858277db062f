/*
 * Puts packets of a stream back into order: some sixty are under way, each a header with its payload,
 * made when it arrives and freed when it is delivered.
 *
 * expect: finding kind=slab function=receive
 * expect: only
 * expect.fix: no-finding kind=slab
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../pools.h"

#define WINDOW 61
#define PACKETS 400000

struct packet {
	unsigned number, length;
	unsigned char payload[200];
};

#ifdef FIX
SLAB(packet, 208, WINDOW)
#endif

static __attribute__((noinline)) struct packet *receive(unsigned number)
{
#ifdef FIX
	struct packet *p = packet_get();
#else
	struct packet *p = malloc(sizeof *p);
#endif
	p->number = number;
	p->length = 40 + number % 160;
	memset(p->payload, (int)number, p->length);
	return p;
}

static unsigned deliver(struct packet *p)
{
	unsigned sum = p->number;
	for (unsigned i = 0; i < p->length; i += 16)
		sum += p->payload[i];
#ifdef FIX
	packet_put(p);
#else
	free(p);
#endif
	return sum;
}

int main(void)
{
	static struct packet *window[WINDOW];
	unsigned long sum = 0;
	for (unsigned i = 0; i < PACKETS; i++) {
		unsigned at = i * 37 % WINDOW;
		if (window[at])
			sum += deliver(window[at]);
		window[at] = receive(i);
	}
	for (unsigned i = 0; i < WINDOW; i++)
		sum += deliver(window[i]);
	printf("%lu\n", sum);
	return 0;
}
