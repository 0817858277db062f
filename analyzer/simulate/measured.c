/* See measured.h. */
#include "simulate/measured.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uthash.h>

#include "detect/plan.h"
#include "util/error.h"
#include "util/mem.h"
#include "util/user_cache.h"

#define FORMAT "pooltrace-measured 1"
#define MAX_NUMBERS 40u
#define MAX_LINES 4096u /* of a file that somebody else may have written */
#define MAX_LINE_BYTES 2048u

struct entry {
	uint64_t key;
	uint32_t n;
	double number[MAX_NUMBERS];
	UT_hash_handle hh;
};

struct measured {
	struct entry *entries;
	char *path, *fallback; /* NULL: none */
	char *head;            /* the first line, without its end */
	bool is_new;           /* something is not in the file yet */
};

/* ---- keys ---- */

#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const unsigned char *)bytes)[i]) * FNV_PRIME;
	return h;
}

uint64_t measured_mix(uint64_t key, uint64_t other)
{
	return hash_bytes(key, &other, sizeof other);
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	return hash_bytes(h, text ? text : "", text ? strlen(text) + 1 : 1);
}

uint64_t measured_named(const char *name, const char *allocator, uint64_t max_ops)
{
	return measured_mix(hash_text(hash_text(FNV_START, name), allocator), max_ops);
}

uint64_t measured_key(const struct finding *x, const char *allocator, uint64_t max_ops)
{
	const struct plan *p = x->plan;
	uint64_t h = hash_text(measured_named("finding", allocator, max_ops), p->tunables);
	const uint64_t numbers[] = {p->policy,      p->slot_bytes,     p->chunk_slots,
	                            p->chunk_bytes, p->reserve_bytes,  p->max_blocks,
	                            p->n_parts,     p->retained_at_ns, p->grow_by_factor};
	h = hash_bytes(h, numbers, sizeof numbers);
	h = hash_bytes(h, p->part_end, sizeof *p->part_end * p->n_parts);
	return hash_bytes(h, x->sites, sizeof *x->sites * x->n_sites);
}

/* ---- which trace, which machine ---- */

static uint64_t hash_of_machine(void)
{
	struct utsname name = {.machine = ""};
	struct stat st = {.st_size = 0};
	char line[256];
	uint64_t h = hash_text(FNV_START, gnu_get_libc_version());
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "model name", 10)) {
			h = hash_text(h, line);
			break;
		}

	if (f)
		fclose(f);
	if (uname(&name) == 0)
		h = hash_text(hash_text(h, name.nodename), name.machine);
	const char *replayer = child_path();
	if (replayer && stat(replayer, &st) == 0)
		h = measured_mix(measured_mix(h, (uint64_t)st.st_size), (uint64_t)st.st_mtime);
	return measured_mix(h, (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
}

static uint64_t hash_of_trace(const struct model *m)
{
	const uint64_t numbers[] = {m->process->pid,      m->process->start_real_ns,
	                            m->health.events,     m->totals.allocated_bytes,
	                            m->totals.peak_ns,    m->duration_ns,
	                            m->trace->file_bytes, m->n_sites};
	return hash_bytes(FNV_START, numbers, sizeof numbers);
}

/* ---- the file ---- */

static struct entry *measured_entry_of(struct measured *k, uint64_t key)
{
	struct entry *e;
	HASH_FIND(hh, k->entries, &key, sizeof key, e);
	if (!e) {
		e = mem_zalloc(1, sizeof *e);
		e->key = key;
		HASH_ADD(hh, k->entries, key, sizeof e->key, e);
	}
	return e;
}

static void parse_line(struct measured *k, char *line)
{
	char *at = line;
	uint64_t key = strtoull(at, &at, 16);
	unsigned long n = strtoul(at, &at, 10);
	struct entry e = {.key = key, .n = (uint32_t)n};

	if (!n || n > MAX_NUMBERS)
		return;
	for (uint32_t i = 0; i < n; i++) {
		char *end;
		e.number[i] = strtod(at, &end);
		if (end == at || !isfinite(e.number[i]) || fabs(e.number[i]) > 1e18)
			return;
		at = end;
	}

	struct entry *to = measured_entry_of(k, key);
	to->n = e.n;
	memcpy(to->number, e.number, sizeof e.number);
}

/* A file that somebody else put there must not make us wait. */
static FILE *open_regular(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	FILE *f = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (!f)
		close(fd);
	return f;
}

static bool measured_load(struct measured *k, const char *path)
{
	char line[MAX_LINE_BYTES];
	FILE *f = path ? open_regular(path) : NULL;
	if (!f)
		return false;
	bool mine = fgets(line, sizeof line, f) != NULL;
	line[strcspn(line, "\n")] = 0;
	mine = mine && !strcmp(line, k->head);
	for (unsigned i = 0; mine && i < MAX_LINES && fgets(line, sizeof line, f); i++)
		parse_line(k, line);
	fclose(f);
	return mine;
}

/* Written under another name first, so that two commands at once leave one whole file. */
static bool measured_save(const struct measured *k, const char *path)
{
	char *temporary = path ? mem_printf("%s.%d", path, (int)getpid()) : NULL;
	FILE *f = temporary ? fopen(temporary, "wxe") : NULL;
	bool written = false;

	if (f) {
		fprintf(f, "%s\n", k->head);
		for (const struct entry *e = k->entries; e; e = e->hh.next) {
			fprintf(f, "%016lx %u", (unsigned long)e->key, e->n);
			for (uint32_t i = 0; i < e->n; i++)
				fprintf(f, " %.17g", e->number[i]);
			fputc('\n', f);
		}
		written = !ferror(f);
		written = fclose(f) == 0 && written && rename(temporary, path) == 0;
		if (!written)
			unlink(temporary);
	}

	free(temporary);
	return written;
}

struct measured *measured_open(const struct model *m, bool again)
{
	struct measured *k = mem_zalloc(1, sizeof *k);
	uint64_t trace = hash_of_trace(m);
	char *dir = user_cache_directory();
	k->head = mem_printf(FORMAT " %s %016lx %016lx", POOLTRACE_VERSION, (unsigned long)trace,
	                     (unsigned long)hash_of_machine());
	k->path = mem_printf("%s.measured", m->trace->path);
	k->fallback = dir ? mem_printf("%s/measured-%016lx", dir, (unsigned long)trace) : NULL;
	free(dir);
	if (!again && !measured_load(k, k->path))
		measured_load(k, k->fallback);
	return k;
}

void measured_close(struct measured *k)
{
	struct entry *e, *next;
	if (k->is_new && !measured_save(k, k->path))
		measured_save(k, k->fallback);
	HASH_ITER (hh, k->entries, e, next) {
		HASH_DEL(k->entries, e);
		free(e);
	}
	free(k->path);
	free(k->fallback);
	free(k->head);
	free(k);
}

/* ---- entries ---- */

/* Every number of a pair, in this order. */
#define PAIR_NUMBERS(X) \
	X(plain_ms)     \
	X(fenced_ms)    \
	X(noise_ms)     \
	X(error_ms)     \
	X(before_ms)    \
	X(spent_ms)     \
	X(replayed_share)
#define PAIR_COUNTS(X) X(n_runs) X(n_windows)

static void result_from(struct ops_result *r, const double **number)
{
#define X(name) r->name = (uint64_t)fmax(*(*number)++, 0);
	OPS_RESULTS(X)
#undef X
}

static void result_to(const struct ops_result *r, double **number)
{
#define X(name) *(*number)++ = (double)r->name;
	OPS_RESULTS(X)
#undef X
}

bool measured_pair(const struct measured *k, uint64_t key, struct replay_pair *out)
{
	const struct entry *e;

	HASH_FIND(hh, k->entries, &key, sizeof key, e);
	if (!e)
		return false;
	const double *at = e->number;
#define X(name) out->name = *at++;
	PAIR_NUMBERS(X)
#undef X
#define X(name) out->name = (unsigned)fmin(fmax(*at++, 0), UINT32_MAX);
	PAIR_COUNTS(X)
#undef X
	result_from(&out->before, &at);
	result_from(&out->after, &at);
	result_from(&out->timed_before, &at);
	result_from(&out->timed_after, &at);
	return at == e->number + e->n;
}

void measured_keep_pair(struct measured *k, uint64_t key, const struct replay_pair *r)
{
	struct entry *e = measured_entry_of(k, key);
	double *at = e->number;

	k->is_new = true;
#define X(name) *at++ = (double)r->name;
	PAIR_NUMBERS(X)
	PAIR_COUNTS(X)
#undef X
	result_to(&r->before, &at);
	result_to(&r->after, &at);
	result_to(&r->timed_before, &at);
	result_to(&r->timed_after, &at);
	e->n = (uint32_t)(at - e->number);
}

bool measured_numbers(const struct measured *k, uint64_t key, double *out, uint32_t n)
{
	const struct entry *e;
	HASH_FIND(hh, k->entries, &key, sizeof key, e);
	if (e && e->n == n)
		memcpy(out, e->number, n * sizeof *out);
	return e && e->n == n;
}

void measured_keep_numbers(struct measured *k, uint64_t key, const double *value, uint32_t n)
{
	struct entry *e = measured_entry_of(k, key);
	BUG_ON(n > MAX_NUMBERS);
	e->n = n;
	memcpy(e->number, value, n * sizeof *value);
	k->is_new = true;
}

bool measured_number(const struct measured *k, uint64_t key, double *out)
{
	return measured_numbers(k, key, out, 1);
}

void measured_keep_number(struct measured *k, uint64_t key, double value)
{
	measured_keep_numbers(k, key, &value, 1);
}
