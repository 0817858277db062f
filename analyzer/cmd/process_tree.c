/* Traces of one tree of processes; see process_tree.h. */
#include "process_tree.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trace/append.h"
#include "util/mem.h"

struct member {
	char *path;
	struct trace_identity id;
	bool in_tree;
};

struct members {
	struct member *list;
	uint32_t n, room;
};

/* All traces of a directory. */
static void read_directory(struct members *m, const char *directory)
{
	struct trace_identity id;

	DIR *d = opendir(directory);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		char *path = mem_printf("%s/%s", directory, entry->d_name);
		if (trace_identify(path, &id))
			*MEM_PUSH(m->list, m->n, m->room) = (struct member){.path = path, .id = id};
		else
			free(path);
	}

	if (d)
		closedir(d);
}

/*
 * A forked child notes when its parent's trace began, or that of the nearest ancestor which had one
 * when it was forked: traces begin with the first event, a child's sometimes before its parent's.  A
 * program that was started again cannot say.
 */
static bool is_child(const struct trace_identity *child, const struct trace_identity *parent)
{
	if (child->parent_start_ns)
		return child->parent_start_ns == parent->start_real_ns;
	if (child->start_real_ns <= parent->start_real_ns)
		return false;
	return child->pid == parent->pid ||
	       (child->ppid == parent->pid && child->start_real_ns <= parent->end_real_ns);
}

static bool same_trace(const struct trace_identity *a, const struct trace_identity *b)
{
	return a->pid == b->pid && a->start_real_ns == b->start_real_ns;
}

/* Grows the tree until no trace is a child of a member any more. */
static void process_tree_mark(struct members *m)
{
	for (bool grown = true; grown;) {
		grown = false;
		for (uint32_t i = 0; i < m->n; i++)
			for (uint32_t k = 0; !m->list[i].in_tree && k < m->n; k++)
				if (m->list[k].in_tree && is_child(&m->list[i].id, &m->list[k].id))
					grown = m->list[i].in_tree = true;
	}
}

static char *process_tree_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? mem_printf("%.*s", slash == path ? 1 : (int)(slash - path), path)
	             : mem_strdup(".");
}

char **process_tree_find(char **paths, uint32_t *n)
{
	struct trace_identity root;
	struct members m = {0};

	if (!trace_identify(paths[0], &root))
		return paths;
	char *directory = process_tree_directory_of(paths[0]);
	read_directory(&m, directory);
	for (uint32_t i = 0; i < m.n; i++)
		m.list[i].in_tree = same_trace(&m.list[i].id, &root);
	process_tree_mark(&m);
	for (uint32_t i = 0; i < m.n; i++) {
		if (!m.list[i].in_tree || same_trace(&m.list[i].id, &root)) {
			free(m.list[i].path);
			continue;
		}
		paths = mem_realloc(paths, (*n + 1) * sizeof(*paths));
		paths[(*n)++] = m.list[i].path;
	}

	free(m.list);
	free(directory);
	return paths;
}

/* ---- order ---- */

static int by_start(const void *a, const void *b)
{
	const struct trace_choice *x = a, *y = b;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

struct trace_choice *process_tree_order(char **paths, uint32_t n_given, uint32_t n)
{
	struct trace_choice *list = mem_zalloc(n, sizeof *list);

	for (uint32_t i = 0; i < n; i++) {
		struct trace_identity id;
		struct stat st;
		list[i] = (struct trace_choice){.path = paths[i], .is_given = i < n_given};
		if (trace_identify(paths[i], &id))
			list[i].start_ns = id.start_real_ns;
		if (stat(paths[i], &st) == 0)
			list[i].file_bytes = (uint64_t)st.st_size;
	}
	qsort(list, n, sizeof *list, by_start);
	return list;
}

uint32_t process_tree_heaviest(const struct trace_choice *list, uint32_t n)
{
	uint32_t heaviest = 0;
	for (uint32_t i = 1; i < n; i++)
		if (list[i].file_bytes > list[heaviest].file_bytes)
			heaviest = i;
	return list[heaviest].file_bytes / TREE_WRAPPER >= list[0].file_bytes ? heaviest : 0;
}
