/*
 * What opens_plugin opens.
 */
#include <stdlib.h>
#include "target.h"

void *plugin_make(void);
void plugin_drop(void *p);

NOINLINE void *plugin_make(void)
{
	return keep(malloc(40));
}

NOINLINE void plugin_drop(void *p)
{
	free(p);
}
