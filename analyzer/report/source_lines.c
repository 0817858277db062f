/* See source_lines.h. */
#include "report/source_lines.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "util/mem.h"

#define FILE_BYTES_MAX (8u << 20)
#define FILES_MAX 512u

struct source_file {
	char *name;
	char *text;         /* NULL: cannot be read */
	const char **lines; /* each ended by a terminator */
	uint32_t n_lines, room;
	UT_hash_handle hh;
};

struct source_lines {
	char *directory;
	struct source_file *files;
};

struct source_lines *source_lines_new(const char *directory)
{
	struct source_lines *s = mem_zalloc(1, sizeof *s);
	s->directory = mem_strdup(directory);
	return s;
}

void source_lines_free(struct source_lines *s)
{
	struct source_file *f, *next;
	HASH_ITER (hh, s->files, f, next) {
		HASH_DEL(s->files, f);
		free(f->name);
		free(f->text);
		free(f->lines);
		free(f);
	}
	free(s->directory);
	free(s);
}

static bool is_source(const char *name)
{
	static const char *const suffixes[] = {".c",  ".cc",  ".cpp", ".cxx", ".h",
	                                       ".hh", ".hpp", ".hxx", ".inc", ".rs",
	                                       ".py", ".pyx", ".ipp", ".tcc"};
	const char *dot = strrchr(name, '.');
	for (unsigned i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
		if (!strcmp(dot, suffixes[i]))
			return true;
	return false;
}

static char *read_file(const char *path)
{
	struct stat st;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_BYTES_MAX) {
		text = mem_alloc((size_t)st.st_size + 1);
		ssize_t n = read(fd, text, (size_t)st.st_size);
		text[n > 0 ? n : 0] = 0;
	}

	close(fd);
	return text;
}

static void split(struct source_file *f)
{
	char *rest = f->text, *line;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t");
		for (size_t n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
			line[n - 1] = 0;
		*MEM_PUSH(f->lines, f->n_lines, f->room) = line;
	}
}

static struct source_file *open_file(struct source_lines *s, const char *name)
{
	struct source_file *f = mem_zalloc(1, sizeof *f);

	f->name = mem_strdup(name);
	if (is_source(name) && HASH_COUNT(s->files) < FILES_MAX) {
		char *path = *name == '/' ? mem_strdup(name)
		                          : mem_printf("%s/%s", s->directory, name);
		f->text = read_file(path);
		if (!f->text && *name != '/')
			f->text = read_file(name);
		free(path);
	}

	if (f->text)
		split(f);
	HASH_ADD_KEYPTR(hh, s->files, f->name, strlen(f->name), f);
	return f;
}

const char *source_line(struct source_lines *s, const char *file, uint32_t line)
{
	struct source_file *f;
	HASH_FIND_STR(s->files, file, f);
	f = f ? f : open_file(s, file);
	return line && line <= f->n_lines ? f->lines[line - 1] : NULL;
}
