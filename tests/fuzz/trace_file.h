/*
 * Bytes of a fuzzer made into a trace file.
 *
 * Random bytes would hardly get past the checksums, so closed chunks are given the right one and all
 * chunks their number: what is fuzzed is what a recorder could have written wrongly.  Inputs are
 * shorter than a file: each chunk is a byte (kind, state, stream), a length of two, and its payload.
 * Bit 2 of that byte: the payload is the process's numbers in the first chunk.  Bit 3: it begins with
 * the times and first ids of the chunk's own header.  Bit 4: it is a copy of the chunk before.
 *
 * The file is a mapping of memory that stays: an input pays for the bytes that it has, no more.
 */
#ifndef FUZZ_TRACE_FILE_H
#define FUZZ_TRACE_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/reader_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_CHUNKS 6u

struct fuzz_file {
	uint8_t *bytes;              /* mapped */
	size_t used[MAX_CHUNKS + 1]; /* payload of each chunk left by the input before */
	char path[64];
};

static void put_header(struct fuzz_file *f)
{
	struct ptf_chunk *c = (struct ptf_chunk *)f->bytes;
	struct ptf_file *h = (struct ptf_file *)(c + 1);
	*c = (struct ptf_chunk){
		.magic = PTF_CHUNK_MAGIC, .kind = PTF_CHUNK_FILE, .state = PTF_OPEN};
	*h = (struct ptf_file){.magic = PTF_MAGIC,
	                       .version_major = PTF_VERSION_MAJOR,
	                       .chunk_bytes = PTF_CHUNK_BYTES,
	                       .clock = PTF_CLOCK_MONOTONIC};
}

static void fuzz_file_open(struct fuzz_file *f)
{
	size_t room = (MAX_CHUNKS + 1) * PTF_CHUNK_BYTES;
	int fd = memfd_create("trace", 0);
	if (fd < 0 || ftruncate(fd, (off_t)room) < 0)
		abort();
	f->bytes = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (f->bytes == MAP_FAILED)
		abort();
	snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", fd);
}

/* Everything in chunk 0 that does not say what a trace is. */
static void put_numbers(struct fuzz_file *f, const uint8_t *payload, size_t n)
{
	struct ptf_file *h = (struct ptf_file *)(f->bytes + sizeof(struct ptf_chunk));
	size_t room = sizeof *h - offsetof(struct ptf_file, clock);
	memcpy(&h->clock, payload, n < room ? n : room);
}

/* Takes the header's own fields from the front of the payload; how many bytes. */
static size_t put_chunk_numbers(struct ptf_chunk *c, const uint8_t *payload, size_t n)
{
	size_t ids = offsetof(struct ptf_chunk, ticks) - offsetof(struct ptf_chunk, first_frame);
	size_t times = offsetof(struct ptf_chunk, checksum) - offsetof(struct ptf_chunk, ticks);
	if (n < ids + times)
		return 0;
	memcpy(&c->first_frame, payload, ids);
	memcpy(&c->ticks, payload + ids, times);
	return ids + times;
}

/* A chunk whose kind, stream and state come from one byte and whose payload is given. */
static void put_chunk(struct fuzz_file *f, uint32_t number, uint8_t how, const uint8_t *payload,
                      size_t n)
{
	struct ptf_chunk *c = (struct ptf_chunk *)(f->bytes + (size_t)number * PTF_CHUNK_BYTES);
	n = n > PTF_PAYLOAD_BYTES ? PTF_PAYLOAD_BYTES : n;
	memset(c + 1, 0, f->used[number]);
	f->used[number] = n;
	*c = (struct ptf_chunk){.magic = PTF_CHUNK_MAGIC,
	                        .kind = how & 1 ? PTF_CHUNK_DEFS : PTF_CHUNK_EVENTS,
	                        .state = how & 2 ? PTF_CLOSED : PTF_OPEN,
	                        .index = number,
	                        .stream = how >> 6,
	                        .serial = how & 16 ? number - 1 : number,
	                        .first_frame = 1,
	                        .first_stack = 1,
	                        .first_string = 1,
	                        .first_code = 1,
	                        .first_class = 1};
	size_t skipped = how & 8 ? put_chunk_numbers(c, payload, n) : 0;
	c->used = (uint16_t)(n - skipped);
	memcpy(c + 1, payload + skipped, n - skipped);
	c->checksum = chunk_checksum(c, (uint8_t *)(c + 1));
}

/* What an earlier input left becomes space that was reserved and never used. */
static void clear_chunk(struct fuzz_file *f, uint32_t number)
{
	memset(f->bytes + (size_t)number * PTF_CHUNK_BYTES, 0,
	       sizeof(struct ptf_chunk) + f->used[number]);
	f->used[number] = 0;
}

/* The path of a file with that content, until the next call. */
static const char *trace_file(const uint8_t *data, size_t n)
{
	static struct fuzz_file f;
	uint32_t number = 1;
	if (!f.bytes)
		fuzz_file_open(&f);
	put_header(&f);
	while (n > 3 && number <= MAX_CHUNKS) {
		size_t length = data[1] | (size_t)data[2] << 8;
		uint8_t how = data[0];
		data += 3;
		n -= 3;
		length = length < n ? length : n;
		if (how & 4)
			put_numbers(&f, data, length);
		else
			put_chunk(&f, number++, how, data, length);
		data += length;
		n -= length;
	}
	while (number <= MAX_CHUNKS)
		clear_chunk(&f, number++);
	return f.path;
}

#endif
