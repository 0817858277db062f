/*
 * See real.h.
 *
 * "Behind ours" is the order in which the loader looks: that of its list, where what the program starts
 * with stands in the order of a breadth-first search.
 */
#define PT_INTERPOSES
#include "base/real.h"
#include "base/raw.h"
#include "base/elf_symbols.h"

PT_EACH_EVENT struct real real;
struct libc_functions libc;

extern ElfW(Dyn) _DYNAMIC[]; /* our own */

static const struct link_map *ours(void)
{
	const struct link_map *m = _r_debug.r_map;
	while (m && m->l_ld != _DYNAMIC)
		m = m->l_next;
	return m;
}

static void *find_in(const struct link_map *m, const char *name)
{
	struct symbols s;
	return symbols_of(m->l_addr, m->l_ld, &s) ? symbols_find(&s, name, NULL) : NULL;
}

/* In the first object of the list that has it. */
static void *find_from(const struct link_map *m, const char *name)
{
	void *found = NULL;
	for (; m && !found; m = m->l_next)
		found = find_in(m, name);
	return found;
}

void *real_next(const char *name)
{
	const struct link_map *us = ours();
	return us ? find_from(us->l_next, name) : NULL;
}

void *real_first(const char *name)
{
	return find_from(_r_debug.r_map, name);
}

void *real_first_malloc(void)
{
	return real_first("malloc");
}

/* ---- modules ---- */

static const struct link_map *libc_map;
static void *next_malloc;                       /* real.malloc_, which is blank at times */
static uint64_t allocator_start, allocator_end; /* the module it is in */

static void find_allocator(void)
{
	struct dl_find_object found;
	if (_dl_find_object(next_malloc, &found) != 0)
		return;
	allocator_start = (uint64_t)found.dlfo_map_start;
	allocator_end = (uint64_t)found.dlfo_map_end;
}

const void *real_next_malloc(void)
{
	return next_malloc;
}

/* Looked up late: at the first malloc of all the loader may not answer yet. */
/* The linker's marks around this library. */
extern const char __ehdr_start[], _end[];

/* An allocator's operator that ends in a jump to free() leaves our own address as the caller's. */
static bool is_own(uint64_t address)
{
	return address - (uint64_t)__ehdr_start < (uint64_t)(_end - __ehdr_start);
}

bool real_is_allocator(uint64_t address)
{
	if (unlikely(!allocator_end))
		find_allocator();
	return address - allocator_start < allocator_end - allocator_start || is_own(address);
}

bool real_is_libc(const char *name, const void *address)
{
	return libc_map && find_in(libc_map, name) == address;
}

/* ---- the tables ---- */

#define FIND(name) real.name##_ = (__typeof__(real.name##_))find_from(behind, #name)

static void find_real(const struct link_map *behind)
{
	FIND(calloc);
	FIND(realloc);
	FIND(reallocarray);
	FIND(free);
	FIND(posix_memalign);
	FIND(aligned_alloc);
	FIND(memalign);
	FIND(valloc);
	FIND(pvalloc);
	FIND(malloc_usable_size);
	FIND(free_sized);
	FIND(free_aligned_sized);
	FIND(mmap);
	FIND(mmap64);
	FIND(munmap);
	FIND(mremap);
	FIND(fork);
	FIND(_exit);

	FIND(_Exit);
	FIND(execve);
	FIND(execvpe);
	FIND(execv);
	FIND(execvp);
	FIND(fexecve);
	FIND(execl);
	FIND(execlp);
	FIND(execle);
	FIND(close);
	FIND(close_range);
	FIND(closefrom);
	FIND(dup2);
	FIND(dup3);
	FIND(dlclose);
	FIND(prctl);
	FIND(syscall);
	FIND(malloc);
	next_malloc = (void *)real.malloc_;
}

#define FIND_LIBC(name) libc.name##_ = (__typeof__(libc.name##_))find_in(m, #name)

static void find_libc(const struct link_map *m)
{
	while (m && !find_in(m, "gnu_get_libc_version"))
		m = m->l_next;
	if (!m)
		return;
	libc_map = m;
	FIND_LIBC(getauxval);

	FIND_LIBC(dl_iterate_phdr);
	FIND_LIBC(on_exit);
	FIND_LIBC(__cxa_at_quick_exit);
	FIND_LIBC(__register_atfork);
	FIND_LIBC(pthread_key_create);
	FIND_LIBC(pthread_setspecific);
}

void real_find(void)
{
	const struct link_map *us = ours();
	find_libc(_r_debug.r_map);
	if (us)
		find_real(us->l_next);
}

/* ---- what only we would have ---- */

static void hide(const struct symbols *s, const char *name)
{
	ElfW(Sym) *entry = (ElfW(Sym) *)symbols_entry(s, name);
	if (!entry)
		return;
	uint64_t from = (uint64_t)entry & ~4095ull;
	uint64_t n = ((uint64_t)(entry + 1) - from + 4095) & ~4095ull;
	if (raw_failed(
		    raw_call(SYS_mprotect, (long)from, (long)n, PROT_READ | PROT_WRITE, 0, 0, 0)))
		return;
	entry->st_shndx = SHN_UNDEF;
	entry->st_value = 0;
	raw_call(SYS_mprotect, (long)from, (long)n, PROT_READ, 0, 0, 0);
}

void real_hide_missing(const char *const *names, size_t n)
{
	struct symbols s;
	const struct link_map *us = ours();
	if (!us || !symbols_of(us->l_addr, us->l_ld, &s))
		return;
	for (size_t i = 0; i < n; i++)
		if (!find_from(us->l_next, names[i]))
			hide(&s, names[i]);
}
