/* See packed.h. */
#include "report/packed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "util/error.h"
#include "util/mem.h"

#define STREAM_BUFFER (64u * 1024)

struct packer {
	FILE *stream;
	z_stream z;
	unsigned char *bytes;
	size_t n, room;
};

static void deflate_some(struct packer *p, const void *data, size_t size, int flush)
{
	p->z.next_in = (void *)(uintptr_t)data;
	p->z.avail_in = (uInt)size;

	do {
		if (p->room - p->n < 4096) {
			p->room = p->room ? p->room * 2 : 65536;
			p->bytes = mem_realloc(p->bytes, p->room);
		}
		p->z.next_out = p->bytes + p->n;
		p->z.avail_out = (uInt)(p->room - p->n);
		deflate(&p->z, flush);
		p->n = p->room - p->z.avail_out;
	} while (p->z.avail_out == 0 || p->z.avail_in);
}

static ssize_t take(void *cookie, const char *data, size_t size)
{
	deflate_some(cookie, data, size, Z_NO_FLUSH);
	return (ssize_t)size;
}

struct packer *packer_new(void)
{
	struct packer *p = mem_zalloc(1, sizeof *p);
	p->stream = fopencookie(p, "w", (cookie_io_functions_t){.write = take});
	if (!p->stream || deflateInit(&p->z, Z_BEST_COMPRESSION) != Z_OK)
		die(EXIT_FAILED, "out of memory");
	setvbuf(p->stream, NULL, _IOFBF, STREAM_BUFFER);
	return p;
}

FILE *packer_stream(struct packer *p)
{
	return p->stream;
}

static char *base64(const unsigned char *b, size_t n, size_t *n_out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = mem_alloc((n + 2) / 3 * 4 + 1), *to = text;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t x = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) |
		             (i + 2 < n ? b[i + 2] : 0);
		*to++ = digits[x >> 18];
		*to++ = digits[x >> 12 & 63];
		*to++ = i + 1 < n ? digits[x >> 6 & 63] : '=';
		*to++ = i + 2 < n ? digits[x & 63] : '=';
	}

	*to = 0;
	*n_out = (size_t)(to - text);
	return text;
}

char *packer_finish(struct packer *p, size_t *n)
{
	fclose(p->stream);
	deflate_some(p, "", 0, Z_FINISH);
	deflateEnd(&p->z);
	char *text = base64(p->bytes, p->n, n);
	free(p->bytes);
	free(p);
	return text;
}
