/*
 * A list of edges for each node, enlarged by realloc for one edge more each time.  Two lists grow in turn, so
 * that neither can be enlarged where it is; most have some dozens of edges, a few have thousands.
 *
 * expect: finding kind=reserve function=edges_add
 * expect: only
 * expect.fix: no-finding kind=reserve
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>

struct edges {
	long *to;
	size_t n, room;
};

static __attribute__((noinline)) void edges_add(struct edges *e, long to)
{
#ifdef FIX
	if (e->n == e->room) {
		e->room = e->room ? 2 * e->room : 128;
		e->to = realloc(e->to, e->room * sizeof *e->to);
	}
#else
	e->to = realloc(e->to, (e->n + 1) * sizeof *e->to);
#endif
	e->to[e->n++] = to;
}

int main(void)
{
	unsigned long sum = 0;
	for (int i = 0; i < 2000; i++) {
		struct edges in = {0}, out = {0};
		int n = i % 100 == 0 ? 4000 : 40 + i % 50;
		for (int k = 0; k < n; k++) {
			edges_add(&in, k);
			edges_add(&out, -k);
		}
		sum += (unsigned long)in.to[n / 2] + out.n;
		free(in.to);
		free(out.to);
	}
	printf("%lu\n", sum);
	return 0;
}
