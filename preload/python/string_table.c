/* See string_table.h. */
#include "string_table.h"

#include "write/definition_writer.h"
#include "id_table.h"

static struct id_table strings = ID_TABLE_EMPTY;

uint32_t string_table_string(const char *s, size_t n)
{
	if (!n)
		return 0;
	uint64_t key = id_table_hash(0, s, n);
	uint32_t id = id_table_find(&strings, key);
	return id ? id : id_table_add(&strings, key, definition_writer_string(s, n));
}

uint32_t string_table_text(const char *s)
{
	return string_table_string(s, strlen(s));
}

void string_table_forget(void)
{
	id_table_forget(&strings);
}
