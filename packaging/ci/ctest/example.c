/* What the CTest and Meson examples test: ten allocations. */
#include <stdlib.h>

static void work(void)
{
	for (int i = 0; i < 10; i++) {
		void *volatile p = malloc(100);
		free(p);
	}
}

int main(void)
{
	work();
	return 0;
}
