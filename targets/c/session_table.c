/*
 * A table of two thousand sessions of which one at a time is replaced; each takes much computing.  The
 * table is bounded and the rate is low: nothing to change.
 *
 * ldflags: -lm
 * expect: none
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SESSIONS 2000

struct session {
	unsigned id;
	char name[120];
	double score;
};

int main(void)
{
	static struct session *table[SESSIONS];
	double sum = 0;
	unsigned seed = 1;
	for (unsigned i = 0; i < 12000; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned at = (seed >> 8) % SESSIONS;
		free(table[at]);
		struct session *s = malloc(sizeof *s);
		s->id = i;
		s->score = 0;
		for (unsigned k = 0; k < 300; k++)
			s->score += sin(i + k);
		s->name[0] = (char)i;
		sum += s->score;
		table[at] = s;
	}
	for (unsigned i = 0; i < SESSIONS; i++)
		free(table[i]);
	printf("%.3f\n", sum);
	return 0;
}
