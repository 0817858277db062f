/* See counts.h. */
#include "enact/counts.h"

#include "base/format_text.h"
#include "base/own_memory.h"
#include "base/raw.h"

#define NAMES_MAX 100u /* programs that one process becomes by exec */

static struct enact_results nowhere;
struct enact_results *counts = &nowhere;
static char counts_directory[4096];

/* A new file PID.N of the right size; -1: it cannot be. */
static int counts_file(void)
{
	char path[sizeof counts_directory + 64];

	for (uint32_t n = 0; n < NAMES_MAX; n++) {
		struct format_text t = format_text_in(path, sizeof path);
		format_text_add(&t, counts_directory);
		format_text_add(&t, "/");
		format_text_add_number(&t, raw_pid());
		format_text_add(&t, ".");
		format_text_add_number(&t, n);
		long fd = raw_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd == -EEXIST)
			continue;
		if (raw_failed(fd))
			return -1;
		if (!raw_failed(raw_ftruncate((int)fd, sizeof nowhere)))
			return (int)fd;
		raw_close((int)fd);
		return -1;
	}
	return -1;
}

/* Maps a new file, at `at` if that is not NULL. */
static struct enact_results *counts_map(void *at)
{
	int fd = counts_directory[0] ? counts_file() : -1;
	struct enact_results *r = NULL;

	if (fd >= 0) {
		r = at ? raw_map(at, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		                 0)
		       : own_map_file(sizeof *r, fd, 0);
		raw_close(fd);
	}
	if (!r && at)
		r = raw_map(at, sizeof *r, PROT_READ | PROT_WRITE,
		            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return r;
}

static void counts_begin(struct enact_results *r)
{
	r->magic = ENACT_MAGIC;
	r->pid = raw_pid();
}

void counts_open(const char *directory)
{
	size_t n = directory ? strlen(directory) : 0;
	struct enact_results *r = NULL;

	if (n && n < sizeof counts_directory) {
		memcpy(counts_directory, directory, n + 1);
		r = counts_map(NULL);
	}
	if (r)
		counts = r;
	counts_begin(counts);
}

void counts_reopen(void)
{
	uint32_t state = counts->state, serves = counts->serves;
	uint64_t pool_bytes = counts->pool_bytes;

	if (counts == &nowhere || !counts_map(counts))
		return;
	counts_begin(counts);
	counts->state = state;
	counts->serves = serves;
	counts->pool_bytes = pool_bytes;
}

struct enact_tally *counts_tally(uint32_t thread)
{
	return &counts->tally[pt_min(thread, ENACT_TALLIES - 1)];
}
