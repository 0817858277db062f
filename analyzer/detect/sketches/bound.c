/* A bound for PLACE: entries in order of use; what NAME_used() returns is to be dropped. */
#include <stddef.h>

struct NAME_link {
	struct NAME_link *older, *newer;
};
static struct NAME_link *NAME_oldest, *NAME_newest;
static size_t NAME_count;

/* is_new: has no links yet. Returns the entry that is one too many, or NULL. */
struct NAME_link *NAME_used(struct NAME_link *e, int is_new)
{
	if (!is_new) {
		*(e->older ? &e->older->newer : &NAME_oldest) = e->newer;
		*(e->newer ? &e->newer->older : &NAME_newest) = e->older;
	}
	e->newer = NULL;
	e->older = NAME_newest;
	*(NAME_newest ? &NAME_newest->newer : &NAME_oldest) = e;
	NAME_newest = e;
	if (!is_new || ++NAME_count <= MOST_ENTRIES)
		return NULL;
	struct NAME_link *drop = NAME_oldest;
	NAME_oldest = drop->newer;
	NAME_oldest->older = NULL;
	NAME_count--;
	return drop;
}
