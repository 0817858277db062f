/*
 * Preloaded by scripts/advise-bench: at exit, the most bytes that glibc's heap took from the system,
 * arenas and mappings together, go to the file that HEAP_PEAK names.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long number_after(const char *text, const char *mark)
{
	unsigned long value = 0;
	for (const char *p = strstr(text, mark); p; p = strstr(p + 1, mark))
		value = strtoul(p + strlen(mark), NULL, 10);
	return value;
}

__attribute__((destructor)) static void tell(void)
{
	static char text[1 << 16];
	const char *path = getenv("HEAP_PEAK");
	FILE *info = fmemopen(text, sizeof text - 1, "w");
	int saved = dup(2), file = memfd_create("stats", 0), out = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (!info || out < 0 || malloc_info(0, info))
		return;
	fclose(info);
	unsigned long arenas = number_after(text, "<system type=\"max\" size=\"");
	dup2(file, 2);
	malloc_stats();
	fflush(stderr);
	dup2(saved, 2);
	ssize_t n = pread(file, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	const char *mmaps = strstr(text, "max mmap bytes");
	dprintf(out, "%lu\n", arenas + (mmaps ? number_after(mmaps, "=") : 0));
}
