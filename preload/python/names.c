/* See names.h. */
#include "names.h"

#include "../defs.h"
#include "idtab.h"

static struct idtab strings;

uint32_t names_string(const char *s, size_t n)
{
	if (!n)
		return 0;
	uint64_t key = idtab_hash(0, s, n);
	uint32_t id = idtab_find(&strings, key);
	return id ? id : idtab_add(&strings, key, defs_string(s, n));
}

uint32_t names_text(const char *s)
{
	return names_string(s, strlen(s));
}

void names_forget(void)
{
	idtab_forget(&strings);
}
