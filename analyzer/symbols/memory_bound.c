/* See memory_bound.h. */
#include "symbols/memory_bound.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t left = SYMBOLS_BASE_BYTES;
static uint64_t before; /* address space when the step began */
static struct rlimit outer;

void memory_bound_add_file(uint64_t file_bytes)
{
	uint64_t more;
	/* the file itself is mapped, too */
	if (__builtin_mul_overflow(file_bytes, SYMBOLS_BYTES_PER_FILE_BYTE + 1, &more) ||
	    __builtin_add_overflow(left, more, &left))
		left = UINT64_MAX / 2;
}

bool memory_bound_allows(uint64_t bytes)
{
	return bytes <= left;
}

/* Bytes of this process's address space; 0 unknown. */
static uint64_t address_space(void)
{
	static int fd = -1;
	char text[64];
	if (fd < 0)
		fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void memory_bound_begin(void)
{
	before = address_space();
	if (getrlimit(RLIMIT_AS, &outer) != 0 || !before)
		return;
	struct rlimit inner = outer;
	if (before + left < inner.rlim_cur)
		inner.rlim_cur = before + left;
	setrlimit(RLIMIT_AS, &inner);
}

void memory_bound_end(void)
{
	if (!before)
		return;
	setrlimit(RLIMIT_AS, &outer);
	uint64_t now = address_space(), grown = now > before ? now - before : 0;
	left = grown < left ? left - grown : 0;
}
