/*
 * Waiting for a struct lock: a short spin, then futex sleeps; see lock.h for how long.
 *
 * Time is counted, not sleeps: an owner that comes back at once wakes us again and again for nothing.
 * A sleep counts for no longer than it was meant to last, so that a process that was stopped has time left.
 */
#include "lock.h"
#include "base/clock.h"
#include "base/format_text.h"

#define LOCK_SPINS 100
#define LOCK_WAIT_NS 1000000000u
#define LOCK_WAIT_MOST_NS (60ull * LOCK_WAIT_NS)
#define LOCK_SLEEP_NS 50000000u

__thread uint32_t lock_tid __attribute__((tls_model("initial-exec")));
#ifdef PT_DEBUG
__thread uint32_t lock_held __attribute__((tls_model("initial-exec")));
#endif

/* How long that was. */
static uint64_t lock_sleep(struct lock *l)
{
	uint64_t begun_ns = clock_mono_ns();
	raw_futex_wait(&l->word, 2, LOCK_SLEEP_NS);
	return pt_min(clock_mono_ns() - begun_ns, (uint64_t)LOCK_SLEEP_NS);
}

/* The beginning of a file that the kernel has about one of our threads; false: it says nothing. */
static bool lock_read_task(uint32_t tid, const char *name, char *text, size_t n_bytes)
{
	char path[64];
	struct format_text t = format_text_in(path, sizeof path);

	format_text_add(&t, "/proc/self/task/");
	format_text_add_number(&t, tid);
	format_text_add(&t, name);
	long fd = raw_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (raw_failed(fd))
		return false;
	long n = raw_read((int)fd, text, n_bytes - 1);
	raw_close((int)fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* A sleeping owner: does it wait for another lock, or is it in a call that a file system keeps (FUSE answers in a
 * sleep that signals could end; a page of a mapping is no call, -1)?  Anything else is not our doing. */
static bool lock_owner_waits(uint32_t owner)
{
	static const short calls[] = {-1,         SYS_futex,   SYS_pwrite64,  SYS_pwritev,
	                              SYS_openat, SYS_close,   SYS_fallocate, SYS_ftruncate,
	                              SYS_fstat,  SYS_fstatfs, SYS_mmap,      SYS_munmap,
	                              SYS_madvise};
	char text[128];

	if (!lock_read_task(owner, "/syscall", text, sizeof text))
		return false;
	const char *digits = text + (text[0] == '-');
	int number = 0;
	for (; *digits >= '0' && *digits <= '9'; digits++)
		number = number * 10 + *digits - '0';
	number = text[0] == '-' ? -number : number;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (calls[i] == number)
			return true;
	return false;
}

/* Does the owner run, or wait for what it will get?  The state follows the name, which may have parentheses itself. */
static bool lock_owner_works(const struct lock *l)
{
	char text[128];
	uint32_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
	if (!owner || !lock_read_task(owner, "/stat", text, sizeof text))
		return false;
	const char *end = strrchr(text, ')');
	char state = end && end[1] ? end[2] : '\0';
	return state == 'R' || state == 'D' || (state == 'S' && lock_owner_waits(owner));
}

/* What a waiter has seen of the lock. */
struct lock_patience {
	uint32_t n_taken;
	uint64_t waited_ns, next_look_ns; /* since it was taken last */
};

/* After `slept_ns` more: is there hope? */
static bool lock_may_wait(const struct lock *l, struct lock_patience *p, uint64_t slept_ns)
{
	uint32_t n_taken = __atomic_load_n(&l->n_taken, __ATOMIC_RELAXED);
	if (n_taken != p->n_taken)
		*p = (struct lock_patience){n_taken, 0, LOCK_WAIT_NS};
	p->waited_ns += slept_ns;
	if (p->waited_ns < p->next_look_ns)
		return true;
	p->next_look_ns += LOCK_WAIT_NS;
	return p->waited_ns < LOCK_WAIT_MOST_NS && lock_owner_works(l);
}

bool lock_take_slow(struct lock *l)
{
	for (int i = 0; i < LOCK_SPINS; i++) {
		uint32_t expected = 0;
		if (__atomic_compare_exchange_n(&l->word, &expected, 1, false, __ATOMIC_ACQUIRE,
		                                __ATOMIC_RELAXED)) {
			lock_taken(l);
			return true;
		}
		__builtin_ia32_pause();
	}

	struct lock_patience patience = {__atomic_load_n(&l->n_taken, __ATOMIC_RELAXED), 0,
	                                 LOCK_WAIT_NS};
	bool hope = true;
	while (hope && __atomic_load_n(&l->word, __ATOMIC_RELAXED) != 3) {
		if (__atomic_exchange_n(&l->word, 2, __ATOMIC_ACQUIRE) == 0) {
			lock_taken(l);
			return true;
		}
		hope = lock_may_wait(l, &patience, lock_sleep(l));
	}

	uint32_t waited_for = 2;
	__atomic_compare_exchange_n(&l->word, &waited_for, 3, false, __ATOMIC_RELAXED,
	                            __ATOMIC_RELAXED);
	return false;
}

/* ---- all of them ---- */

extern struct lock *const __start_locks[] __attribute__((weak, visibility("hidden")));
extern struct lock *const __stop_locks[] __attribute__((weak, visibility("hidden")));

static void lock_release_below(uint32_t rank)
{
	while (rank--)
		for (struct lock *const *l = __start_locks; l < __stop_locks; l++)
			if ((*l)->rank == rank)
				lock_release(*l);
}

bool lock_take_all(void)
{
	/* One lock a rank: id tables have the same, but are none of these. */
	for (uint32_t rank = 0; rank < N_LOCK_RANKS; rank++)
		for (struct lock *const *l = __start_locks; l < __stop_locks; l++)
			if ((*l)->rank == rank && !lock_take(*l)) {
				lock_release_below(rank);
				return false;
			}
	return true;
}

void lock_release_all(void)
{
	lock_release_below(N_LOCK_RANKS);
}
