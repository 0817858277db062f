/* See family.h. */
#include "trace/family.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/trace_format.h"
#include "util/mem.h"

enum { FAMILY_MOST = 100000 }; /* files looked at */

struct relative {
	char *path;
	struct ptf_file header;
	bool is_member;
};

struct directory {
	struct relative *file;
	uint32_t n, room;
};

static bool read_header(int at, const char *name, struct ptf_file *header)
{
	struct {
		struct ptf_chunk chunk;
		struct ptf_file file;
	} head;
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	ssize_t n = pread(fd, &head, sizeof head, 0);
	close(fd);
	if (n != (ssize_t)sizeof head || head.chunk.magic != PTF_CHUNK_MAGIC ||
	    head.chunk.kind != PTF_CHUNK_FILE || head.file.magic != PTF_MAGIC)
		return false;
	*header = head.file;
	return true;
}

static bool is_regular(int at, const char *name, struct stat *st)
{
	return fstatat(at, name, st, 0) == 0 && S_ISREG(st->st_mode) &&
	       (size_t)st->st_size >= sizeof(struct ptf_chunk) + sizeof(struct ptf_file);
}

/* Every trace beside the one at `path`, except that one. */
static void list_directory(struct directory *d, const char *path, const char *prefix)
{
	struct stat self, st;
	struct ptf_file header;
	const struct dirent *entry;
	DIR *dir = opendir(*prefix ? prefix : ".");
	if (!dir)
		return;
	if (stat(path, &self) == 0)
		while ((entry = readdir(dir)) && d->n < FAMILY_MOST) {
			if (!is_regular(dirfd(dir), entry->d_name, &st) ||
			    (st.st_dev == self.st_dev && st.st_ino == self.st_ino) ||
			    !read_header(dirfd(dir), entry->d_name, &header))
				continue;
			*MEM_PUSH(d->file, d->n, d->room) =
			        (struct relative){.path = mem_printf("%s%s", prefix, entry->d_name), .header = header};
		}
	closedir(dir);
}

/* Did `a` become the program of `b`? */
static bool is_successor(const struct ptf_file *a, const struct ptf_file *b)
{
	return b->pid == a->pid && !b->parent_start_ns && a->end == PTF_END_EXEC &&
	       b->start_real_ns >= a->start_real_ns;
}

/*
 * Did `a` start `b`, by fork, or by fork and exec?  A forked process begins its trace with its first
 * event, and names the nearest ancestor that had one when it was forked.
 */
static bool is_child(const struct ptf_file *a, const struct ptf_file *b)
{
	if (b->parent_start_ns)
		return b->parent_start_ns == a->start_real_ns;
	if (b->ppid != a->pid || b->start_real_ns < a->start_real_ns)
		return false;
	return !a->end_mono_ns || b->start_mono_ns <= a->end_mono_ns;
}

static int by_start(const void *a, const void *b)
{
	const struct relative *x = a, *y = b;
	if (x->header.start_real_ns != y->header.start_real_ns)
		return x->header.start_real_ns < y->header.start_real_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void mark_those_from(struct directory *d, const struct ptf_file *a)
{
	for (uint32_t i = 0; i < d->n; i++) {
		struct relative *r = &d->file[i];
		if (r->is_member || !(is_child(a, &r->header) || is_successor(a, &r->header)))
			continue;
		r->is_member = true;
		mark_those_from(d, &r->header);
	}
}

char **family_find(const char *path, uint32_t *n)
{
	struct directory d = {0};
	struct ptf_file root;
	char **paths = NULL;
	uint32_t room = 0;
	const char *slash = strrchr(path, '/');
	char *prefix = mem_printf("%.*s", slash ? (int)(slash + 1 - path) : 0, path);
	*n = 0;
	*MEM_PUSH(paths, *n, room) = mem_strdup(path);
	if (read_header(AT_FDCWD, path, &root)) {
		list_directory(&d, path, prefix);
		if (d.n)
			qsort(d.file, d.n, sizeof *d.file, by_start);
		mark_those_from(&d, &root);
	}
	for (uint32_t i = 0; i < d.n; i++) {
		if (d.file[i].is_member)
			*MEM_PUSH(paths, *n, room) = d.file[i].path;
		else
			free(d.file[i].path);
	}
	free(d.file);
	free(prefix);
	return paths;
}
