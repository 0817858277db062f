/* See runtime_order.h. */
#include "lifecycle/runtime_order.h"
#include "base/format_text.h"
#include "base/own_memory.h"
#include "base/program_path.h"
#include "base/raw.h"
#include "base/real.h"

#define PRELOAD "LD_PRELOAD="

/* ---- the order ---- */

struct order {
	const struct link_map *ours;
	bool we_are_seen, runtime_is_behind;
};

static bool order_name_has(const char *name, const char *part)
{
	size_t n = strlen(part);
	for (; *name; name++)
		if (strncmp(name, part, n) == 0)
			return true;
	return false;
}

/* The runtime itself knows itself by these names. */
static bool order_is_runtime(const char *name)
{
	return order_name_has(name, "libasan.so") || order_name_has(name, "libclang_rt.asan");
}

static int order_see(struct dl_phdr_info *info, size_t n_bytes, void *context)
{
	struct order *o = context;
	(void)n_bytes;

	if (info->dlpi_addr == o->ours->l_addr)
		o->we_are_seen = true;
	else if (info->dlpi_name && order_is_runtime(info->dlpi_name))
		o->runtime_is_behind = o->we_are_seen;
	else
		return 0;
	return o->runtime_is_behind;
}

static const struct link_map *order_ours(void)
{
	struct dl_find_object found;
	return _dl_find_object((void *)order_ours, &found) == 0 ? found.dlfo_link_map : NULL;
}

bool runtime_order_is_wrong(void)
{
	struct order o = {.ours = order_ours()};
	const char *options = format_text_env("ASAN_OPTIONS");

	if (!o.ours || !libc.dl_iterate_phdr_ || libc.getauxval_(AT_SECURE) ||
	    (options && order_name_has(options, "verify_asan_link_order=0")))
		return false;
	libc.dl_iterate_phdr_(order_see, &o);
	return o.runtime_is_behind;
}

/* ---- without us ---- */

/* Appends the entries of a list of libraries that are not `name` in some folder. */
static void order_add_others(struct format_text *t, const char *list, const char *name)
{
	size_t n_name = strlen(name);

	for (const char *end; *list; list = end + (*end != 0)) {
		for (end = list; *end && *end != ':' && *end != ' '; end++)
			;
		size_t n = (size_t)(end - list);
		bool is_ours = n >= n_name && memcmp(end - n_name, name, n_name) == 0 &&
		               (n == n_name || end[-(long)n_name - 1] == '/');
		if (is_ours || !n)
			continue;
		if (t->at[t->used - 1] != '=')
			format_text_add(t, ":");
		format_text_add_bytes(t, list, n);
	}
}

/* The environment with another LD_PRELOAD, `preload`, or without if that is empty; NULL: there was none. */
static char **order_environment(char **to, char *preload, size_t n_bytes, const char *name)
{
	const size_t n_key = sizeof PRELOAD - 1;
	size_t n = 0;
	bool found = false;

	for (char **from = environ; *from; from++) {
		if (strncmp(*from, PRELOAD, n_key) != 0) {
			to[n++] = *from;
			continue;
		}
		struct format_text t = format_text_in(preload, n_bytes);
		format_text_add(&t, PRELOAD);
		order_add_others(&t, *from + n_key, name);
		found = found || t.used < strlen(*from);
		if (t.used > n_key)
			to[n++] = preload;
	}

	to[n] = NULL;
	return found ? to : NULL;
}

static size_t order_preload_bytes(void)
{
	const char *list = format_text_env("LD_PRELOAD");
	return list ? sizeof PRELOAD + strlen(list) : 0;
}

void runtime_order_mend(char **argv)
{
	char path[4096];
	const struct link_map *ours = order_ours();
	size_t n = 1, n_preload = order_preload_bytes();
	for (char **v = environ; *v; v++)
		n++;

	char *memory = n_preload ? own_map(n * sizeof *environ + n_preload) : NULL;
	if (!memory)
		return;
	char **to = (char **)memory;
	to = order_environment(to, memory + n * sizeof *to, n_preload,
	                       format_text_basename(ours->l_name));
	program_path(path, sizeof path);
	if (to && *path)
		raw_call(SYS_execve, (long)path, (long)argv, (long)to, 0, 0, 0);
	own_unmap(memory, n * sizeof *to + n_preload);
}
