/* Adding to a finished trace, and telling traces apart; see append.h. */
#include "trace/append.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader_file.h"
#include "util/error.h"

static bool append_read_header(int fd, struct ptf_file *h)
{
	ssize_t n = pread(fd, h, sizeof *h, sizeof(struct ptf_chunk));
	return n == (ssize_t)sizeof *h && h->magic == PTF_MAGIC &&
	       h->version_major == PTF_VERSION_MAJOR && h->chunk_bytes == PTF_CHUNK_BYTES;
}

bool trace_identify(const char *path, struct trace_identity *id)
{
	struct ptf_file h;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	bool is_trace = append_read_header(fd, &h);
	close(fd);
	if (is_trace)
		*id = (struct trace_identity){.pid = h.pid,
		                              .ppid = h.ppid,
		                              .exec_count = h.exec_count,
		                              .start_real_ns = h.start_real_ns,
		                              .parent_start_ns = h.parent_start_ns,
		                              .end_real_ns = UINT64_MAX};

	if (is_trace && h.end_mono_ns > h.start_mono_ns)
		id->end_real_ns = h.start_real_ns + (h.end_mono_ns - h.start_mono_ns);
	return is_trace;
}

static uint8_t *append_put_cost(uint8_t *p, const struct trace_cost *c)
{
	p = ptc_put_varint(p, c->wait_status);
	p = ptc_put_varint(p, c->cpu_ns);
	p = ptc_put_varint(p, c->wall_ns);
	return ptc_put_varint(p, c->peak_rss_bytes);
}

static uint32_t append_put_run(uint8_t *payload, const struct trace_cost *run,
                               const struct trace_cost *baseline)
{
	uint8_t body[128], *p = append_put_cost(body, run);
	p = ptc_put_varint(p, baseline != NULL);
	if (baseline)
		p = append_put_cost(p, baseline);
	return (uint32_t)(ptc_put_record(payload, PTF_D_RUN, body, (uint32_t)(p - body)) - payload);
}

static int append(int fd, const char *path, const struct trace_cost *run,
                  const struct trace_cost *baseline)
{
	static uint8_t chunk[PTF_CHUNK_BYTES];
	struct ptf_file file;
	struct ptf_chunk h = {
		.magic = PTF_CHUNK_MAGIC, .kind = PTF_CHUNK_DEFS, .state = PTF_CLOSED};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno("cannot read '%s'", path);
	if (!append_read_header(fd, &file))
		return error("'%s' is not a trace", path);
	h.index = (uint32_t)(((uint64_t)st.st_size + PTF_CHUNK_BYTES - 1) / PTF_CHUNK_BYTES);
	h.serial = CHUNK_APPENDED;
	h.ticks = file.start_ticks;
	h.mono_ns = file.start_mono_ns;
	memset(chunk, 0, sizeof chunk);
	h.used = (uint16_t)append_put_run(chunk + sizeof h, run, baseline);
	h.checksum = chunk_checksum(&h, chunk + sizeof h);
	memcpy(chunk, &h, sizeof h);
	if (pwrite(fd, chunk, sizeof chunk, (off_t)h.index * PTF_CHUNK_BYTES) !=
	    (ssize_t)sizeof chunk)
		return error_errno("cannot write to '%s'", path);

	return 0;
}

int trace_append_run(const char *path, const struct trace_cost *run,
                     const struct trace_cost *baseline)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_errno("cannot open '%s'", path);
	int result = append(fd, path, run, baseline);
	close(fd);
	return result;
}
