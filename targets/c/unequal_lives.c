/*
 * Tickets and receipts are made in a row and freed in a row, but never the pair that was made together: a
 * ticket lives for 199 rounds, a receipt for 701.  In one slot a receipt would be handed out in use.
 *
 * expect: finding kind=slab line=@ticket
 * expect: finding kind=slab line=@receipt
 * expect: no-finding kind=bundle
 * expect: only
 */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	static char *tickets[199], *receipts[701];
	unsigned long sum = 0;
	for (unsigned i = 0; i < 400000; i++) {
		char **t = &tickets[i % 199], **r = &receipts[i % 701];
		if (*t)
			sum += (unsigned char)**t;
		free(*t);
		free(*r);
		*t = malloc(72);  /* @ticket */
		*r = malloc(280); /* @receipt */
		**t = (char)i;
		**r = (char)(i >> 8);
	}
	printf("%lu\n", sum);
	return 0;
}
