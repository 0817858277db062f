/* See program_path.h. */
#include "program_path.h"
#include "base/raw.h"
#include "base/real.h"

/* A reader of "start-end perms offset dev inode path" lines, a byte at a time. */
struct maps_reader {
	int fd;
	long at, n;      /* in piece */
	char piece[512]; /* hooks run on stacks of 8 KiB */
};

/* The next byte, -1: there is none. */
static int maps_next(struct maps_reader *r)
{
	if (r->at == r->n) {
		r->at = 0;
		r->n = raw_read(r->fd, r->piece, sizeof r->piece);
		if (r->n <= 0)
			return r->n = 0, -1;
	}
	return (unsigned char)r->piece[r->at++];
}

/* The number in hexadecimal up to the byte `end`. */
static uint64_t maps_number(struct maps_reader *r, int end)
{
	uint64_t v = 0;
	for (int c; (c = maps_next(r)) >= 0 && c != end;)
		v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	return v;
}

/* Copies the rest of the line from the first '/' on, which only the path has before its end. */
static void maps_path(struct maps_reader *r, char *path, size_t n_bytes)
{
	size_t n = 0;
	for (int c; (c = maps_next(r)) >= 0 && c != '\n';)
		if ((n || c == '/') && n + 1 < n_bytes)
			path[n++] = (char)c;
	path[n] = '\0';
}

static void maps_skip_line(struct maps_reader *r)
{
	for (int c; (c = maps_next(r)) >= 0 && c != '\n';)
		;
}

static void maps_search(struct maps_reader *r, uint64_t address, char *path, size_t n_bytes)
{
	for (;;) {
		uint64_t start = maps_number(r, '-'), end = maps_number(r, ' ');
		if (!end || start > address)
			return;
		if (address < end) {
			maps_path(r, path, n_bytes);
			return;
		}
		maps_skip_line(r);
	}
}

void mapped_file_path(uint64_t address, char *path, size_t n_bytes)
{
	struct maps_reader r = {.fd = (int)raw_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0)};
	path[0] = '\0';
	if (r.fd < 0)
		return;
	maps_search(&r, address, path, n_bytes);
	raw_close(r.fd);
}

/* The kernel loads the interpreter that a program names, and says where; the loader names none. */
bool program_is_argument_of_loader(void)
{
	return libc.getauxval_(AT_BASE) == 0;
}

void program_path(char *path, size_t n_bytes)
{
	path[0] = '\0';
	if (program_is_argument_of_loader())
		mapped_file_path(libc.getauxval_(AT_PHDR), path, n_bytes);
	if (path[0])
		return;
	long n = raw_readlink("/proc/self/exe", path, n_bytes - 1);
	path[raw_failed(n) ? 0 : n] = '\0';
}
