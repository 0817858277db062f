/* See descriptor.h. */
#include "write/descriptor.h"
#include "write/trace_filename.h"
#include "base/raw.h"

#include <sys/vfs.h>

#define HIGH 900u
#define HIGH_ROOM 64u /* numbers that must be allowed above that */

static int our_fd = -1;
static bool our_fd_is_kept = true;
static dev_t our_dev;
static ino_t our_ino;

static long limit_descriptors(const struct rlimit *wanted, struct rlimit *old)
{
	return raw_call(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)wanted, (long)old, 0, 0);
}

/* The limit holds when a number is given out, not afterwards: so behind it is a place that the host can
 * neither get nor misses.  Only while the process has one thread: another one could fork in between. */
static long descriptor_raise_above_limit(int fd)
{
	struct rlimit now, more;
	if (raw_failed(limit_descriptors(NULL, &now)))
		return -1;
	more.rlim_max = now.rlim_max;
	more.rlim_cur = pt_min(now.rlim_cur + HIGH_ROOM, now.rlim_max);
	if (more.rlim_cur <= now.rlim_cur || raw_failed(limit_descriptors(&more, NULL)))
		return -1;
	long high = raw_dup_high(fd, (int)now.rlim_cur);
	limit_descriptors(&now, NULL);
	return high;
}

/* The highest number that is allowed and free: the lowest are what the host expects to get. */
static long descriptor_raise_below_limit(int fd, int limit)
{
	long high = -1;
	for (int wanted = limit - 1; raw_failed(high) && wanted > fd; wanted--)
		high = raw_dup_high(fd, wanted);
	return high;
}

int descriptor_raise(int fd, bool alone)
{
	uint64_t limit = raw_limit(RLIMIT_NOFILE);
	long high = -1;

	if (limit > HIGH + HIGH_ROOM)
		high = raw_dup_high(fd, (int)HIGH);
	else if (alone)
		high = descriptor_raise_above_limit(fd);

	if (raw_failed(high))
		high = descriptor_raise_below_limit(fd, (int)pt_min(limit, HIGH));
	if (raw_failed(high))
		return fd;
	raw_close(fd);
	return (int)high;
}

static bool descriptor_is_ours(int fd)
{
	struct stat st;
	return fd >= 0 && !raw_failed(raw_fstat(fd, &st)) && st.st_dev == our_dev &&
	       st.st_ino == our_ino;
}

bool descriptor_adopt(int fd)
{
	struct stat st;
	if (raw_failed(raw_fstat(fd, &st)))
		return false;
	our_dev = st.st_dev;
	our_ino = st.st_ino;
	our_fd = descriptor_raise(fd, true);
	uint64_t limit = raw_limit(RLIMIT_NOFILE);
	our_fd_is_kept = limit > HIGH + HIGH_ROOM || (uint64_t)our_fd >= limit;
	return true;
}

bool descriptor_is_kept(void)
{
	return our_fd_is_kept;
}

void descriptor_rest(void)
{
	if (!our_fd_is_kept)
		descriptor_close();
}

int descriptor_check(void)
{
	if (descriptor_is_ours(our_fd))
		return our_fd;
	our_fd = -1;
	long fd = raw_open(filename_path(), O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
	if (raw_failed(fd))
		return -1;
	if (!descriptor_is_ours((int)fd)) {
		raw_close((int)fd);
		return -1;
	}

	our_fd = descriptor_raise((int)fd, false);
	return our_fd;
}

bool descriptor_owns(int fd)
{
	return fd >= 0 && fd == our_fd && descriptor_is_ours(fd);
}

int descriptor_number(void)
{
	return descriptor_is_ours(our_fd) ? our_fd : -1;
}

void descriptor_move(void)
{
	long moved = raw_dup_high(our_fd, our_fd + 1);
	our_fd = raw_failed(moved) ? -1 : (int)moved;
}

void descriptor_close(void)
{
	if (descriptor_is_ours(our_fd))
		raw_close(our_fd);
	our_fd = -1;
}

int descriptor_abandon(void)
{
	int fd = our_fd;
	our_fd = -1;
	return fd;
}

/* Copy on write: there a store into space that is reserved, and even written, can need new space, and
 * kills the process with SIGBUS when there is none. */
bool descriptor_may_fault(void)
{
	struct statfs fs;
	if (raw_failed(raw_call(SYS_fstatfs, our_fd, (long)&fs, 0, 0, 0, 0)))
		return false;

	switch ((uint32_t)fs.f_type) {
	case 0x9123683E: /* btrfs */
	case 0xCA451A4E: /* bcachefs */
	case 0x2FC12FC1: /* zfs */
	case 0x3434:     /* nilfs2 */
		return true;
	default:
		return false;
	}
}
