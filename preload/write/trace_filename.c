/* See trace_filename.h. */
#include "trace_filename.h"
#include "base/clock.h"
#include "base/program_path.h"
#include "base/raw.h"
#include "base/format_text.h"

#define PATH_BYTES 4096
#define NAME_TRIES 1000

uint32_t filename_n;
static char filename[PATH_BYTES];

const char *filename_path(void)
{
	return filename;
}

static void filename_expand_exe(struct format_text *t)
{
	char exe[PATH_BYTES];
	program_path(exe, sizeof exe);
	format_text_add(t, *exe ? format_text_basename(exe) : "unknown");
}

static void filename_expand_host(struct format_text *t)
{
	char host[65] = "";
	long fd = raw_open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC, 0);
	if (raw_failed(fd))
		return;
	long n = raw_read((int)fd, host, sizeof host - 1);
	raw_close((int)fd);
	if (n > 0)
		format_text_add_bytes(t, host, (size_t)(host[n - 1] == '\n' ? n - 1 : n));
}

static void filename_expand(struct format_text *t, const char *pattern)
{
	struct timespec now;

	for (const char *p = pattern; *p; p++) {
		if (*p != '%' || !p[1]) {
			format_text_add_bytes(t, p, 1);
			continue;
		}
		switch (*++p) {
		case 'e':
			filename_expand_exe(t);
			break;
		case 'p':
			format_text_add_number(t, raw_pid());
			break;
		case 't':
			clock_read(CLOCK_REALTIME, &now);
			format_text_add_number(t, (uint64_t)now.tv_sec);
			break;
		case 'h':
			filename_expand_host(t);
			break;
		case 'n':
			format_text_add_number(t, filename_n);
			break;
		default:
			format_text_add_bytes(t, p, 1);
		}
	}
}

/* The absolute name, fixed at the first call of the process: later changes of directory do not matter. */
static char filename_directory[PATH_BYTES];

static void filename_remember_directory(void)
{
	if (filename_directory[0])
		return;
	long n = raw_call(SYS_getcwd, (long)filename_directory, sizeof filename_directory, 0, 0, 0,
	                  0);
	if (raw_failed(n) || *filename_directory != '/')
		filename_directory[0] = 0; /* it was removed, or lies outside of the root */
}

static struct format_text filename_base_name(void)
{
	const char *pattern = format_text_env("POOLTRACE_OUT");
	struct format_text t = format_text_in(filename, sizeof filename);
	if (!pattern || !*pattern)
		pattern = "pooltrace.%e.%p.trace";

	if (*pattern != '/') {
		filename_remember_directory();
		if (!filename_directory[0])
			return t;
		format_text_add(&t, filename_directory);
		format_text_add(&t, "/");
	}

	filename_expand(&t, pattern);
	return t;
}

/* Takes a ".trace" off the end of the name, so that what tells names apart can go before it. */
static const char *filename_take_suffix(struct format_text *t)
{
	static const char suffix[] = ".trace";
	const size_t n = sizeof suffix - 1;
	if (t->used <= n || memcmp(filename + t->used - n, suffix, n) != 0)
		return "";
	t->used -= n;
	return suffix;
}

static void filename_tell_apart(struct format_text *t, int i)
{
	if (i) {
		format_text_add(t, ".");
		format_text_add_number(t, raw_pid());
	}
	if (i > 1) {
		format_text_add(t, ".");
		format_text_add_number(t, (uint64_t)i - 1);
	}
}

/* A relative name is made absolute where the program begins. */
int filename_obstacle(void)
{
	const char *pattern = format_text_env("POOLTRACE_OUT"),
		   *name = format_text_basename(filename);
	bool is_relative = !pattern || *pattern != '/';
	size_t n = (size_t)(name - filename);
	char *directory = __builtin_alloca(n + 1);

	memcpy(directory, filename, n);
	directory[n] = 0;
	long r = raw_may_create_in(is_relative || !n ? "." : directory);
	return r == -EACCES || r == -ENOENT || r == -ENOTDIR || r == -EROFS ? (int)-r : 0;
}

long filename_create(void)
{
	struct format_text t = filename_base_name();
	if (!t.used)
		return -ENOENT;
	const char *suffix = filename_take_suffix(&t);
	size_t base = t.used;
	long fd = -EEXIST;

	for (int i = 0; i < NAME_TRIES && fd == -EEXIST; i++) {
		t.used = base;
		filename_tell_apart(&t, i);
		format_text_add(&t, suffix);
		fd = raw_open(filename, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	return fd;
}
