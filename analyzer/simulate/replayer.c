/*
 * pooltrace-replay: runs an ops file against the allocator in force and prints what it cost.
 *
 *     pooltrace-replay [--what-if=ROLE | --apart=ROLE] [--fenced] [--count] [--empty] FILE
 *     pooltrace-replay --calibrate | --served
 *     pooltrace-replay --launch FD [NAME=VALUE...] -- PATH ARGS...
 *
 * A program of its own, one run per process, so that the allocator under test sees a virgin heap:
 * everything of ours is mapped, never malloc'ed.  Without --what-if the calls are made as recorded;
 * with it, blocks of that role (0: of any) are served by their policy; with --apart they are separated from others
 * just so, and the calls are made as recorded.  --fenced keeps the processor from
 * overlapping one op with the next; the truth lies between the two.  --count replays in one thread,
 * in the recorded order, for exact counts.
 *
 * Before the first call it gives up what a replay does not need (replayer_sandbox.h).
 *
 * Threads are replayed as threads: an op on a block that another thread touched last waits for it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "simulate/replayer_policy.h"
#include "simulate/replayer_sandbox.h"

#define MAX_THREADS 32u /* more are replayed as one */
#define SPINS 64u       /* before a waiting thread yields */

struct lane {
	struct player player;
	const struct op *ops;
	uint64_t n_ops, n_setup;
	_Atomic uint64_t done; /* ops finished */
	uint64_t waited_ticks, ticks;
	uint64_t cpu_ns, wall_ns;
	pthread_t thread;
};

static struct ops_header *header;
static const struct op *all_ops;
static struct lane *lanes;
static uint32_t n_lanes;
static bool what_if, apart, fenced, counting, empty;
static uint32_t active_role; /* with what_if; 0: all */
size_t touch_below, copy_most;
double touch_share;
static uint64_t heap_retained;
static uint64_t setup_faults; /* page faults up to the end of the setup */
static pthread_barrier_t barrier;

static void fail(const char *what)
{
	dprintf(2, "pooltrace-replay: %s\n", what);
	_exit(1);
}

static void *map_zeroed(size_t bytes)
{
	void *p = mmap(NULL, bytes + PAGE_BYTES, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		fail("out of memory");
	return p;
}

static uint64_t replayer_now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- what the heap holds ---- */

static uint64_t number_after(const char *text, const char *replayer_mark, bool last)
{
	uint64_t value = 0;
	for (const char *p = strstr(text, replayer_mark); p; p = strstr(p + 1, replayer_mark)) {
		value = strtoull(p + strlen(replayer_mark), NULL, 10);
		if (!last)
			break;
	}
	return value;
}

/* Most bytes that glibc's arenas and mappings took from the system; 0 with another allocator. */
static uint64_t heap_peak_bytes(void)
{
	static char text[1 << 16];
	int saved = dup(2), file = memfd_create("stats", 0);
	FILE *info = fmemopen(text, sizeof text - 1, "w");

	if (!info || malloc_info(0, info))
		return 0;
	fclose(info);
	uint64_t arenas = number_after(text, "<system type=\"max\" size=\"", true);
	dup2(file, 2);
	malloc_stats();
	fflush(stderr);
	dup2(saved, 2);
	ssize_t n = pread(file, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	const char *mmaps = strstr(text, "max mmap bytes");
	return arenas + (mmaps ? number_after(mmaps, "=", false) : 0);
}

/* What stays resident when all that can be given back is given back: pages that a live block holds. */
static void replayer_mark(void)
{
	char text[128];
	unsigned long size, resident = 0;
	malloc_trim(0);

	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	text[n > 0 ? n : 0] = 0;
	if (sscanf(text, "%lu %lu", &size, &resident) == 2)
		heap_retained = resident * PAGE_BYTES;
	if (fd >= 0)
		close(fd);
}

/* ---- the loop ---- */

static void replayer_wait_for(struct lane *me, const struct op *o)
{
	struct lane *other = &lanes[o->slot];
	if (atomic_load_explicit(&other->done, memory_order_acquire) > o->aux)
		return;
	uint64_t start = __rdtsc();
	for (unsigned i = 0; atomic_load_explicit(&other->done, memory_order_acquire) <= o->aux;
	     i++)
		if (i % SPINS == SPINS - 1)
			sched_yield();
		else
			_mm_pause();
	me->waited_ticks += __rdtsc() - start;
}

static inline void play_alloc(struct player *p, const struct op *o)
{
	void *b;

	if (o->code == OP_CALLOC) {
		count(p, o->size);
		b = calloc(1, o->size);
	} else if (o->code == OP_ALIGNED) {
		count(p, o->size);
		b = memalign((size_t)1 << o->aux, o->size);
	} else {
		b = call_malloc(p, o->size);
	}

	if (!b)
		abort();
	p->blocks[o->slot] = b;
	if (o->code != OP_CALLOC) /* its pages are zero without being touched */
		touch(b, o->size);
}

static inline void play_free(struct player *p, const struct op *o)
{
	char *b = p->blocks[o->slot];
	if (!b)
		return;
	(void)*(volatile char *)b;
	call_free(p, b, o->size);
}

static inline void play_realloc(struct player *p, const struct op *o, uint32_t old_bytes)
{
	count(p, (int64_t)o->size - old_bytes);
	char *b = realloc(p->blocks[o->aux], o->size ? o->size : 1);
	if (!b)
		abort();
	p->blocks[o->slot] = b;
	touch(b, o->size);
}

/* The copy is part of what growing costs. */
static inline void play_grow(struct player *p, const struct op *o)
{
	char *b = call_malloc(p, o->size);
	memcpy(b, p->blocks[o->aux], least(least(p->rooms[o->aux], o->size), copy_most));
	p->blocks[o->slot] = b;
	touch(b, o->size);
}

/* A step of a container that has reserved: nothing happens while there is room. */
static inline void play_reserved(struct player *p, const struct op *o)
{
	if (o->size <= p->rooms[o->aux]) {
		p->blocks[o->slot] = p->blocks[o->aux];
		p->rooms[o->slot] = p->rooms[o->aux];
		if (o->code == OP_GROW)
			p->blocks[o->aux] = NULL;
		touch(p->blocks[o->slot], o->size); /* the program fills what it grew to */
		return;
	}

	uint32_t old_bytes = p->rooms[o->aux];
	struct op wider = *o;
	if (p->roles[o->role].grow_by_factor && old_bytes < UINT32_MAX / 2 &&
	    o->size < 2 * old_bytes)
		wider.size = 2 * old_bytes;
	p->rooms[o->slot] = wider.size;
	if (o->code == OP_GROW)
		play_grow(p, &wider);
	else
		play_realloc(p, &wider, old_bytes);
}

/* A block that a pool served grows: it leaves the pool. */
static inline __attribute__((always_inline)) void play_leave(struct player *p, const struct op *o,
                                                             enum policy policy)
{
	struct op old = {.slot = o->aux, .role = o->role, .aux = 1, .code = OP_FREE};
	void *b = call_malloc(p, o->size);
	policy_free(p, policy, &old);
	p->blocks[o->slot] = b;
	p->rooms[o->slot] = o->size;
	touch(b, o->size);
}

static inline __attribute__((always_inline)) void play_policy(struct player *p, const struct op *o,
                                                              enum policy policy)
{
	switch (o->code) {
	case OP_FREE:
		if (p->blocks[o->slot])
			(void)*(volatile char *)p->blocks[o->slot];
		policy_free(p, policy, o);
		break;
	case OP_GROW:
	case OP_REALLOC:
		if (policy == POLICY_RESERVE)
			play_reserved(p, o);
		else if (o->code == OP_REALLOC)
			play_leave(p, o, policy);
		else
			goto alloc;
		break;
	case OP_LEAKED:
		if (policy == POLICY_FREE) {
			void *b = call_malloc(p, o->size);
			touch(b, o->size);
			call_free(p, b, o->size);
			break;
		}
		/* fall through */
	default:
alloc:
		p->blocks[o->slot] = policy_alloc(p, policy, o);
		touch(p->blocks[o->slot], o->size);
	}
}

static inline void play_recorded(struct player *p, const struct op *o)
{
	switch (o->code) {
	case OP_FREE:
		play_free(p, o);
		break;
	case OP_REALLOC: {
		uint32_t old_bytes = p->rooms[o->aux];
		p->rooms[o->slot] = o->size;
		play_realloc(p, o, old_bytes);
		break;
	}
	case OP_GROW:
		p->rooms[o->slot] = o->size;
		play_grow(p, o);
		break;
	case OP_MARK:
		replayer_mark();
		break;
	default:
		p->rooms[o->slot] = o->size;
		play_alloc(p, o);
	}
}

#define POLICY_APART N_POLICIES

/* A copy of the code, which the compiler must not merge with the other one. */
static inline __attribute__((always_inline)) void play_apart(struct player *p, const struct op *o)
{
	__asm__ volatile("# the role's ops begin" ::: "memory");
	play_recorded(p, o);
	__asm__ volatile("# the role's ops end" ::: "memory");
}

#define EMPTY_BYTES 32768u /* that the empty replay touches: they stay in the first cache */

static char empty_blocks[2 * EMPTY_BYTES];

/* What every op takes here besides the allocator: reading it, its slot's entry, a byte of the block. */
static inline void play_empty(struct player *p, const struct op *o)
{
	char *b = &empty_blocks[(size_t)o->slot * 64 % EMPTY_BYTES];
	if (o->code == OP_WAIT || o->code == OP_MARK)
		return;
	if (o->code == OP_FREE) {
		if (p->blocks[o->slot])
			(void)*(volatile char *)p->blocks[o->slot];
		return;
	}
	p->rooms[o->slot] = o->size;
	p->blocks[o->slot] = b;
	*(volatile char *)b = 1;
}

static void play_empty_lane(struct lane *l, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		play_empty(&l->player, &l->ops[i]);
		if (n_lanes > 1)
			atomic_store_explicit(&l->done, i + 1, memory_order_release);
	}
}

/* Ops whose role is not `active` are played as recorded; active 0: each by its role's policy. */
static inline __attribute__((always_inline)) void play(struct lane *l, uint64_t from, uint64_t to,
                                                       enum policy policy, bool mixed, bool fence,
                                                       bool threaded)
{
	struct player *p = &l->player;
	const uint32_t active = active_role;

	for (uint64_t i = from; i < to; i++) {
		const struct op *o = &l->ops[i];
		if (threaded && o->code == OP_WAIT)
			replayer_wait_for(l, o);
		else if (mixed && p->roles[o->role].policy != POLICY_NONE)
			play_policy(p, o, (enum policy)p->roles[o->role].policy);
		else if (!mixed && policy != POLICY_NONE && policy != POLICY_APART &&
		         o->role == active)
			play_policy(p, o, policy);
		else if (policy == POLICY_APART && o->role == active)
			play_apart(p, o);
		else
			play_recorded(p, o);
		if (fence)
			_mm_lfence();
		if (threaded)
			atomic_store_explicit(&l->done, i + 1, memory_order_release);
	}
}

/* The lane's ops from..to-1. */
static void play_lane(struct lane *l, uint64_t from, uint64_t to)
{
	if (empty) {
		play_empty_lane(l, from, to);
		return;
	}

	bool threaded = n_lanes > 1, mixed = what_if && !active_role;
	enum policy policy = apart     ? POLICY_APART
	                     : mixed   ? POLICY_TUNABLE /* any: each op by its role */
	                     : what_if ? (enum policy)header->roles[active_role].policy
	                               : POLICY_NONE;
#define ONE(P, M)                                              \
	if (policy == (P) && mixed == (M)) {                   \
		if (fenced && threaded)                        \
			play(l, from, to, P, M, true, true);   \
		else if (fenced)                               \
			play(l, from, to, P, M, true, false);  \
		else if (threaded)                             \
			play(l, from, to, P, M, false, true);  \
		else                                           \
			play(l, from, to, P, M, false, false); \
		return;                                        \
	}
	ONE(POLICY_NONE, false)
	ONE(POLICY_APART, false)
	ONE(POLICY_SLAB, false)
	ONE(POLICY_RING, false)
	ONE(POLICY_BUNDLE, false)
	ONE(POLICY_REGION, false)
	ONE(POLICY_HOIST, false)
	ONE(POLICY_RESERVE, false)
	ONE(POLICY_FREE, false)
	ONE(POLICY_CLASSES, false)
	ONE(POLICY_BOUND, false)
	ONE(POLICY_TUNABLE, true)
#undef ONE
	fail("no such policy");
}

/* ---- lanes ---- */

static void player_init(struct player *p, void **blocks, uint32_t *rooms,
                        struct free_slot **returned)
{
	*p = (struct player){
		.blocks = blocks, .rooms = rooms, .roles = header->roles, .returned = returned};
	p->pools = map_zeroed(OPS_ROLES * sizeof *p->pools);
	for (uint32_t r = 1; r < header->n_roles; r++)
		if (header->roles[r].policy == POLICY_BOUND)
			p->pools[r].kept =
				map_zeroed((header->roles[r].max_blocks + 1) * sizeof(uint32_t));
		else if (header->roles[r].policy == POLICY_CLASSES)
			p->pools[r].classes = map_zeroed(CLASSES_N * sizeof(struct free_slot *));
}

struct last_touch {
	uint32_t thread; /* + 1 */
	uint32_t at;     /* its op */
};

/* Appends o to its lane, after a wait for the thread that touched the slot last. */
static void lane_push(struct op *ops, struct lane *l, struct last_touch *last, uint32_t slot,
                      uint32_t me)
{
	if (last[slot].thread && last[slot].thread != me + 1)
		ops[l->n_ops++] = (struct op){
			.code = OP_WAIT, .slot = last[slot].thread - 1, .aux = last[slot].at};
}

static void split_lanes(void)
{
	uint64_t n[MAX_THREADS] = {0};

	for (uint64_t i = 0; i < header->n_ops; i++)
		n[all_ops[i].thread]++;
	struct last_touch *last = map_zeroed(((size_t)header->n_slots + 1) * sizeof *last);
	struct op *ops[MAX_THREADS];
	for (uint32_t t = 0; t < n_lanes; t++)
		lanes[t].ops = ops[t] = map_zeroed(n[t] * 3 * sizeof(struct op));
	for (uint64_t i = 0; i < header->n_ops; i++) {
		const struct op *o = &all_ops[i];
		struct lane *l = &lanes[o->thread];
		bool two = o->code == OP_REALLOC || o->code == OP_GROW;
		if (two)
			lane_push(ops[o->thread], l, last, o->aux, o->thread);
		lane_push(ops[o->thread], l, last, o->slot, o->thread);
		struct last_touch touched = {o->thread + 1u, (uint32_t)l->n_ops};
		last[o->slot] = touched;
		if (two)
			last[o->aux] = touched;
		ops[o->thread][l->n_ops++] = *o;
		if (i < header->n_setup)
			l->n_setup = l->n_ops;
	}
}

static void meet(void)
{
	if (n_lanes > 1)
		pthread_barrier_wait(&barrier);
}

static uint64_t page_faults(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)u.ru_minflt;
}

static void *run_lane(void *arg)
{
	struct lane *l = arg;

	meet();
	play_lane(l, 0, l->n_setup);
	meet();
	if (l == lanes)
		setup_faults = page_faults();
	l->player.n_calls = l->waited_ticks = 0;
	uint64_t cpu = replayer_now_ns(CLOCK_THREAD_CPUTIME_ID),
		 wall = replayer_now_ns(CLOCK_MONOTONIC), ticks = __rdtsc();
	play_lane(l, l->n_setup, l->n_ops);
	l->ticks = __rdtsc() - ticks;
	l->cpu_ns = replayer_now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	l->wall_ns = replayer_now_ns(CLOCK_MONOTONIC) - wall;
	return NULL;
}

static void run_lanes(void)
{
	if (n_lanes == 1) {
		run_lane(&lanes[0]);
		return;
	}

	pthread_barrier_init(&barrier, NULL, n_lanes);
	for (uint32_t t = 1; t < n_lanes;
	     t++) /* the first to allocate is the main thread, with the main arena */
		if (pthread_create(&lanes[t].thread, NULL, run_lane, &lanes[t]))
			fail("cannot start a thread");

	run_lane(&lanes[0]);
	for (uint32_t t = 1; t < n_lanes; t++)
		pthread_join(lanes[t].thread, NULL);
}

static void replayer_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) || (size_t)st.st_size < sizeof *header)
		fail("cannot read the ops file");

	header = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (header == MAP_FAILED || header->magic != OPS_MAGIC || header->n_setup > header->n_ops ||
	    (uint64_t)st.st_size < sizeof *header + header->n_ops * sizeof(struct op))
		fail("not an ops file");

	all_ops = (const struct op *)(const void *)(header + 1);
	touch_below = header->touch_below;
	touch_share = header->touch_share;
	copy_most = touch_below < OPS_MAPPED_BYTES ? touch_below : SIZE_MAX;
}

static void replayer_prepare(void)
{
	n_lanes = counting || header->n_threads > MAX_THREADS || !header->n_threads
	                  ? 1
	                  : header->n_threads;
	lanes = map_zeroed(n_lanes * sizeof *lanes);
	void **blocks = map_zeroed(((size_t)header->n_slots + 1) * sizeof *blocks);
	uint32_t *rooms = map_zeroed(((size_t)header->n_slots + 1) * sizeof *rooms);
	struct free_slot **returned = map_zeroed(OPS_ROLES * sizeof *returned);

	for (uint32_t t = 0; t < n_lanes; t++)
		player_init(&lanes[t].player, blocks, rooms, returned);
	if (n_lanes > 1) {
		split_lanes();
	} else {
		lanes[0].ops = all_ops;
		lanes[0].n_ops = header->n_ops;
		lanes[0].n_setup = header->n_setup;
	}
}

static void print_result(void)
{
	uint64_t faults = page_faults() - setup_faults;
	struct ops_result r = {.heap_retained = heap_retained,
	                       .page_faults = faults,
	                       .heap_peak = heap_peak_bytes()};

	for (uint32_t t = 0; t < n_lanes; t++) {
		struct lane *l = &lanes[t];
		r.calls += l->player.n_calls;
		r.requested_peak += l->player.requested_peak;
		/* Waiting burns CPU or not, as the machine pleases: count what lies between the waits. */
		double busy = l->ticks ? 1 - (double)l->waited_ticks / (double)l->ticks : 1;
		uint64_t busy_ns = (uint64_t)(busy * (double)l->wall_ns);
		r.cpu_ns += l->cpu_ns < busy_ns ? l->cpu_ns : busy_ns;
	}
#define X(name) printf(#name " %lu\n", (unsigned long)r.name);

	OPS_RESULTS(X)
#undef X
}

/* ld.so says nothing of a library that it cannot preload, or one that has no allocator. */
static int print_allocator(void)
{
	Dl_info info;
	void *in_force = dlsym(RTLD_DEFAULT, "malloc");
	if (!in_force || !dladdr(in_force, &info))
		return 1;
	puts(info.dli_fname);
	return 0;
}

int replayer_calibrate(void);
int replayer_served(void);
int replayer_launch(char **argv);

int main(int argc, char **argv)
{
	const char *path = NULL;

	if (argc > 2 && !strcmp(argv[1], "--launch"))
		return replayer_launch(argv + 2);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--what-if=", 10)) {
			what_if = true;
			active_role = (uint32_t)strtoul(argv[i] + 10, NULL, 10) % OPS_ROLES;
		} else if (!strncmp(argv[i], "--apart=", 8)) {
			apart = true;
			active_role = (uint32_t)strtoul(argv[i] + 8, NULL, 10) % OPS_ROLES;
		} else if (!strcmp(argv[i], "--fenced"))
			fenced = true;
		else if (!strcmp(argv[i], "--count"))
			counting = true;
		else if (!strcmp(argv[i], "--empty"))
			empty = true;
		else if (!strcmp(argv[i], "--calibrate"))
			return replayer_calibrate();
		else if (!strcmp(argv[i], "--served"))
			return replayer_served();
		else if (!strcmp(argv[i], "--whose-malloc"))
			return print_allocator();
		else
			path = argv[i];
	}

	if (!path)
		fail("usage: pooltrace-replay [--what-if=ROLE] [--fenced] [--count] [--empty] "
		     "FILE");

	replayer_load(path);
	replayer_prepare();
	sandbox_enter(header->address_bytes, header->cpu_seconds);
	run_lanes();
	print_result();
	return 0;
}
