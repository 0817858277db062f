/*
 * ledger_check [--killed] [--prefix] [--unordered] [--traced] LEDGER TRACE...
 *
 * Demands from the traces what a target wrote into its ledger (targets/host/ledger.h): for each lane,
 * that is each thread of each process, its operations in their order among the events of the thread
 * with the same tid in a trace with the same pid.  The trace may have more: what libraries allocate.
 *
 *   --killed     a lane's last release may be missing: it is noted before the call
 *   --prefix     recording stopped early: from the first missing operation of a lane on, all may be
 *   --traced     leave out processes that have no trace at all
 *   --unordered  signal handlers wrote between an operation and its entry: compare as sets
 *
 * Prints one line; exits with 1 when something is missing, and says what was the first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "targets/host/ledger_file.h"
#include "trace/events.h"

struct op {
	uint64_t address;
	uint64_t size_bytes;
	uint32_t op;
};

struct track {
	uint32_t pid, tid;
	struct op *op;
	size_t n, room;
};

static struct track *tracks;
static size_t n_tracks;
static bool killed, prefix, unordered, traced;

static void track_add(struct track *k, struct op op)
{
	if (k->n == k->room) {
		k->room = k->room ? 2 * k->room : 64;
		k->op = realloc(k->op, k->room * sizeof *k->op);
	}
	k->op[k->n++] = op;
}

static enum ledger_op op_of(const struct event *e)
{
	switch (e->kind) {
	case EVENT_ALLOC:
		return LEDGER_ALLOC;
	case EVENT_FREE:
		return LEDGER_FREE;
	case EVENT_UNDO:
		return LEDGER_UNDO;
	default:
		return LEDGER_NONE;
	}
}

static bool load(const char *path)
{
	struct trace *t;
	struct event e;
	if (trace_open(path, &t) != 0)
		return false;
	size_t first = n_tracks;
	n_tracks += t->n_threads;
	tracks = realloc(tracks, n_tracks * sizeof *tracks);
	for (uint32_t i = 0; i < t->n_threads; i++)
		tracks[first + i] = (struct track){.pid = t->process.pid,
		                                   .tid = trace_thread(t, i)->tid};
	struct events *events = events_new(t, NULL, NULL);
	while (events_next(events, &e)) {
		if (op_of(&e) != LEDGER_NONE && e.thread < t->n_threads)
			track_add(&tracks[first + e.thread],
			          (struct op){e.address, e.size_bytes, op_of(&e)});
	}
	events_free(events);
	trace_free(t);
	return true;
}

static bool is_same(const struct op *a, const struct ledger_entry *b)
{
	return a->op == b->op && (b->op == LEDGER_UNDO || (a->address == b->address)) &&
	       (b->op != LEDGER_ALLOC || a->size_bytes == b->size_bytes);
}

/* Entries written; those after a torn one count, the torn one does not. */
static size_t lane_size(const struct ledger_head *head, const struct ledger_lane *lane)
{
	return lane->n < head->n_entries ? lane->n : head->n_entries;
}

struct verdict {
	size_t n_missing;
	size_t first_missing;
	bool is_prefix; /* all that is missing is at the end */
};

static struct verdict compare_in_order(const struct ledger_lane *lane, size_t n,
                                       const struct track *k)
{
	struct verdict v = {.is_prefix = true};
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (lane->entry[i].op == LEDGER_NONE)
			continue;
		size_t look = at;
		while (look < k->n && !is_same(&k->op[look], &lane->entry[i]))
			look++;
		if (look < k->n) {
			at = look + 1;
			v.is_prefix &= v.n_missing == 0;
		} else if (v.n_missing++ == 0) {
			v.first_missing = i;
		}
	}
	return v;
}

static int order_ops(const void *a, const void *b)
{
	const struct op *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return (x->size_bytes > y->size_bytes) - (x->size_bytes < y->size_bytes);
}

static struct verdict compare_as_sets(const struct ledger_lane *lane, size_t n,
                                      const struct track *k)
{
	struct verdict v = {0};
	struct track sorted = {0}, wanted = {0};
	for (size_t i = 0; i < k->n; i++)
		track_add(&sorted, k->op[i]);
	for (size_t i = 0; i < n; i++)
		if (lane->entry[i].op == LEDGER_ALLOC || lane->entry[i].op == LEDGER_FREE)
			track_add(&wanted,
			          (struct op){lane->entry[i].address, lane->entry[i].size_bytes,
			                      lane->entry[i].op});
	qsort(sorted.op, sorted.n, sizeof *sorted.op, order_ops);
	qsort(wanted.op, wanted.n, sizeof *wanted.op, order_ops);
	size_t at = 0;
	for (size_t i = 0; i < wanted.n; i++) {
		while (at < sorted.n && order_ops(&sorted.op[at], &wanted.op[i]) < 0)
			at++;
		if (at < sorted.n && order_ops(&sorted.op[at], &wanted.op[i]) == 0)
			at++;
		else if (v.n_missing++ == 0)
			v.first_missing = i;
	}
	free(sorted.op);
	free(wanted.op);
	return v;
}

/* The thread of the traces that fits this lane best: pids and tids are used again. */
static struct verdict compare(const struct ledger_head *head, const struct ledger_lane *lane)
{
	size_t n = lane_size(head, lane);
	struct verdict best = {.n_missing = n, .is_prefix = true};
	if (killed && n && lane->entry[n - 1].op == LEDGER_FREE)
		best.n_missing = --n;
	for (size_t i = 0; i < n_tracks && best.n_missing; i++) {
		if (tracks[i].pid != lane->pid || tracks[i].tid != lane->tid)
			continue;
		struct verdict v = unordered ? compare_as_sets(lane, n, &tracks[i])
		                             : compare_in_order(lane, n, &tracks[i]);
		if (v.n_missing < best.n_missing || best.n_missing == n)
			best = v;
	}
	return best;
}

static bool has_trace(uint32_t pid)
{
	for (size_t i = 0; i < n_tracks; i++)
		if (tracks[i].pid == pid)
			return true;
	return false;
}

static bool check(struct ledger_head *head)
{
	enum { MOST_TOLD = 5 };
	size_t n_ops = 0, n_missing = 0, n_told = 0;
	bool good = true;
	for (uint32_t i = 0; i < head->n_used && i < head->n_lanes; i++) {
		struct ledger_lane *lane = ledger_lane_at(head, i);
		if (traced && !has_trace(lane->pid))
			continue;
		struct verdict v = compare(head, lane);
		n_ops += lane_size(head, lane);
		n_missing += v.n_missing;
		if (v.n_missing == 0 || (prefix && v.is_prefix))
			continue;
		good = false;
		if (n_told++ >= MOST_TOLD)
			continue;
		const struct ledger_entry *e = &lane->entry[v.first_missing];
		printf("pid %u tid %u: %zu missing, the first is number %zu of %zu: op %u of %#lx, "
		       "%lu bytes\n",
		       lane->pid, lane->tid, v.n_missing, v.first_missing, lane_size(head, lane),
		       e->op, (unsigned long)e->address, (unsigned long)e->size_bytes);
	}
	printf("%zu operations of %u threads, %zu missing\n", n_ops, head->n_used, n_missing);
	return good && (n_ops > 0 || traced);
}

static struct ledger_head *map_ledger(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return NULL;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED || ((struct ledger_head *)map)->magic != LEDGER_MAGIC ? NULL : map;
}

int main(int argc, char **argv)
{
	int i = 1;
	for (; i < argc && argv[i][0] == '-'; i++) {
		killed |= !strcmp(argv[i], "--killed");
		prefix |= !strcmp(argv[i], "--prefix");
		traced |= !strcmp(argv[i], "--traced");
		unordered |= !strcmp(argv[i], "--unordered");
	}
	struct ledger_head *head = i < argc ? map_ledger(argv[i++]) : NULL;
	if (!head) {
		fprintf(stderr, "ledger_check: no ledger\n");
		return 2;
	}
	for (; i < argc; i++)
		if (!load(argv[i]))
			return 2;
	return check(head) ? 0 : 1;
}
