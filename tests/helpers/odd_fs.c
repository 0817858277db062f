/*
 * A file system of the kind that a test needs: files of one directory, in memory, without fallocate.
 *
 *   odd_fs [-m] [-q BYTES] [-s SECONDS] DIR COMMAND ARGS...
 *
 * Mounts it on DIR (which needs the right to), runs the command, ends with its exit code.  -m: files
 * cannot be mapped shared; -q: a quota, EDQUOT beyond; -s: stands still that long at the 300th write.  Speaks the kernel's protocol itself, so that
 * the tests need no library.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FILES 8192u
#define MAX_WRITE 65536u

struct file {
	char name[256];
	char *bytes;
	uint64_t size;
	uint32_t mode, uid, gid;
	bool linked;
};

static struct file files[MAX_FILES]; /* inode = index + 2; never reused */
static uint32_t n_files;
static uint64_t quota = UINT64_MAX;
static bool unmappable;
static unsigned stall_seconds;
static int fuse_fd;

static void fail(const char *what)
{
	perror(what);
	exit(127);
}

static struct file *reader_file_of(uint64_t inode)
{
	return inode >= 2 && inode < n_files + 2 ? &files[inode - 2] : NULL;
}

static struct file *reader_file_named(const char *name)
{
	for (uint32_t i = 0; i < n_files; i++)
		if (files[i].linked && !strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

static uint64_t bytes_used(void)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < n_files; i++)
		n += files[i].size;
	return n;
}

/* ---- answers ---- */

static void answer(const struct fuse_in_header *in, int error, const void *body, size_t n)
{
	static char out[sizeof(struct fuse_out_header) + MAX_WRITE];
	struct fuse_out_header h = {
		.len = (uint32_t)(sizeof h + n), .error = -error, .unique = in->unique};
	memcpy(out, &h, sizeof h);
	if (n)
		memcpy(out + sizeof h, body, n);
	if (write(fuse_fd, out, h.len) < 0 && errno != ENOENT)
		fail("answer");
}

static struct fuse_attr attributes(uint64_t inode)
{
	const struct file *f = reader_file_of(inode);
	struct fuse_attr a = {.ino = inode, .mode = S_IFDIR | 0777, .nlink = 2, .blksize = 4096};
	if (f) {
		a.mode = S_IFREG | f->mode;
		a.nlink = f->linked;
		a.size = f->size;
		a.blocks = (f->size + 511) / 512;
		a.uid = f->uid;
		a.gid = f->gid;
	}
	return a;
}

static struct fuse_entry_out entry(const struct file *f)
{
	uint64_t inode = (uint64_t)(f - files) + 2;
	return (struct fuse_entry_out){.nodeid = inode, .attr = attributes(inode)};
}

static struct fuse_open_out opened(void)
{
	return (struct fuse_open_out){.open_flags = unmappable ? FOPEN_DIRECT_IO : 0};
}

static void answer_attributes(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = {.attr = attributes(in->nodeid)};
	answer(in, 0, &out, sizeof out);
}

static int resize(struct file *f, uint64_t size)
{
	if (size > f->size && bytes_used() + (size - f->size) > quota)
		return EDQUOT;
	char *bytes = realloc(f->bytes, size + 1);
	if (!bytes)
		return ENOMEM;
	if (size > f->size)
		memset(bytes + f->size, 0, size - f->size);
	f->bytes = bytes;
	f->size = size;
	return 0;
}

/* ---- requests ---- */

static void do_init(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
	struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
	                            .minor = FUSE_KERNEL_MINOR_VERSION,
	                            .max_readahead = init->max_readahead,
	                            .max_write = MAX_WRITE};
	if (init->minor < out.minor)
		out.minor = init->minor;
	answer(in, 0, &out, sizeof out);
}

static void do_lookup(const struct fuse_in_header *in, const char *name)
{
	const struct file *f = reader_file_named(name);
	struct fuse_entry_out out;
	if (!f)
		return answer(in, ENOENT, NULL, 0);
	out = entry(f);
	answer(in, 0, &out, sizeof out);
}

static void do_create(const struct fuse_in_header *in, const struct fuse_create_in *create)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out;
	if (n_files == MAX_FILES)
		return answer(in, ENOSPC, NULL, 0);
	struct file *f = &files[n_files++];
	const char *name = (const char *)(create + 1);
	memcpy(f->name, name, strnlen(name, sizeof f->name - 1));
	f->mode = create->mode & 07777;
	f->uid = in->uid;
	f->gid = in->gid;
	f->linked = true;
	out.entry = entry(f);
	out.open = opened();
	answer(in, 0, &out, sizeof out);
}

static void do_setattr(const struct fuse_in_header *in, const struct fuse_setattr_in *set)
{
	struct file *f = reader_file_of(in->nodeid);
	int error = f && set->valid & FATTR_SIZE ? resize(f, set->size) : 0;
	if (error)
		return answer(in, error, NULL, 0);
	answer_attributes(in);
}

static void do_write(const struct fuse_in_header *in, const struct fuse_write_in *w)
{
	struct file *f = reader_file_of(in->nodeid);
	struct fuse_write_out out = {.size = w->size};
	static unsigned n_writes;
	if (++n_writes == 300)
		sleep(stall_seconds);
	int error = f ? 0 : EBADF;
	if (f && w->offset + w->size > f->size)
		error = resize(f, w->offset + w->size);
	if (error)
		return answer(in, error, NULL, 0);
	if (w->size)
		memcpy(f->bytes + w->offset, w + 1, w->size);
	answer(in, 0, &out, sizeof out);
}

static void do_read(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	const struct file *f = reader_file_of(in->nodeid);
	uint64_t there = f && r->offset < f->size ? f->size - r->offset : 0;
	answer(in, 0, there ? f->bytes + r->offset : NULL, there < r->size ? there : r->size);
}

/* Offset k names the file after which to go on. */
static void do_readdir(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	static char out[MAX_WRITE];
	size_t used = 0;
	for (uint64_t i = r->offset; i < n_files; i++) {
		size_t length = strlen(files[i].name),
		       n = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);
		if (!files[i].linked)
			continue;
		if (used + n > r->size || used + n > sizeof out)
			break;
		struct fuse_dirent d = {.ino = i + 2,
		                        .off = i + 1,
		                        .namelen = (uint32_t)length,
		                        .type = S_IFREG >> 12};
		memset(out + used, 0, n);
		memcpy(out + used, &d, FUSE_NAME_OFFSET);
		memcpy(out + used + FUSE_NAME_OFFSET, files[i].name, length);
		used += n;
	}
	answer(in, 0, out, used);
}

static void do_unlink(const struct fuse_in_header *in, const char *name)
{
	struct file *f = reader_file_named(name);
	if (!f)
		return answer(in, ENOENT, NULL, 0);
	f->linked = false;
	answer(in, 0, NULL, 0);
}

static void serve(const struct fuse_in_header *in)
{
	const void *body = in + 1;
	struct fuse_open_out open = opened();
	switch (in->opcode) {
	case FUSE_INIT:
		return do_init(in, body);
	case FUSE_LOOKUP:
		return do_lookup(in, body);
	case FUSE_GETATTR:
		return answer_attributes(in);
	case FUSE_SETATTR:
		return do_setattr(in, body);
	case FUSE_CREATE:
		return do_create(in, body);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return answer(in, 0, &open, sizeof open);
	case FUSE_READ:
		return do_read(in, body);
	case FUSE_WRITE:
		return do_write(in, body);
	case FUSE_READDIR:
		return do_readdir(in, body);
	case FUSE_UNLINK:
		return do_unlink(in, body);
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
	case FUSE_FSYNC:
		return answer(in, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* want no answer */
	default:
		return answer(in, ENOSYS, NULL, 0);
	}
}

static void serve_all(void)
{
	static _Alignas(8) char request[MAX_WRITE + 65536];
	for (;;) {
		ssize_t n = read(fuse_fd, request, sizeof request);
		if (n > 0)
			serve((struct fuse_in_header *)request);
		else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
			return; /* unmounted */
	}
}

static void mount_on(const char *dir)
{
	char options[128];
	fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse_fd < 0)
		fail("/dev/fuse");
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
	         fuse_fd);
	if (mount("odd_fs", dir, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		fail("mount");
}

int main(int argc, char **argv)
{
	int option, status;
	while ((option = getopt(argc, argv, "+mq:s:")) != -1)
		if (option == 'm')
			unmappable = true;
		else if (option == 'q')
			quota = strtoull(optarg, NULL, 0);
		else if (option == 's')
			stall_seconds = (unsigned)atoi(optarg);
		else
			return 127;
	if (argc - optind < 2)
		return 127;
	mount_on(argv[optind]);
	pid_t server = fork();
	if (server == 0) {
		serve_all();
		_exit(0);
	}
	close(fuse_fd); /* if the server dies, who waits for its answer learns it */
	pid_t command = fork();
	if (command == 0) {
		execvp(argv[optind + 1], argv + optind + 1);
		fail(argv[optind + 1]);
	}
	waitpid(command, &status, 0);
	umount2(argv[optind], MNT_DETACH);
	kill(server, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
