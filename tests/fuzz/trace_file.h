/*
 * Bytes of a fuzzer made into a trace file.
 *
 * Random bytes would hardly get past the checksums, so closed chunks are given the right one and all
 * chunks their number: what is fuzzed is what a recorder could have written wrongly.  Inputs are
 * shorter than a file: each chunk is a byte (kind, state, stream), a length of two, and its payload.
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

#include "trace/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_CHUNKS 6u

static uint8_t file[(MAX_CHUNKS + 1) * PTF_CHUNK_BYTES];

static void put_header(void)
{
	struct ptf_chunk *c = (struct ptf_chunk *)file;
	struct ptf_file *h = (struct ptf_file *)(c + 1);
	*c = (struct ptf_chunk){
		.magic = PTF_CHUNK_MAGIC, .kind = PTF_CHUNK_FILE, .state = PTF_OPEN};
	*h = (struct ptf_file){.magic = PTF_MAGIC,
	                       .version_major = PTF_VERSION_MAJOR,
	                       .chunk_bytes = PTF_CHUNK_BYTES,
	                       .clock = PTF_CLOCK_MONOTONIC};
}

/* A chunk whose kind, stream and state come from one byte and whose payload is given. */
static void put_chunk(uint32_t number, uint8_t how, const uint8_t *payload, size_t n)
{
	struct ptf_chunk *c = (struct ptf_chunk *)(file + (size_t)number * PTF_CHUNK_BYTES);
	n = n > PTF_PAYLOAD_BYTES ? PTF_PAYLOAD_BYTES : n;
	memset(c, 0, PTF_CHUNK_BYTES);
	*c = (struct ptf_chunk){.magic = PTF_CHUNK_MAGIC,
	                        .kind = how & 1 ? PTF_CHUNK_DEFS : PTF_CHUNK_EVENTS,
	                        .state = how & 2 ? PTF_CLOSED : PTF_OPEN,
	                        .index = number,
	                        .stream = how >> 6,
	                        .used = (uint32_t)n,
	                        .id_first = 1,
	                        .id_first2 = 1,
	                        .id_first3 = 1,
	                        .id_first4 = 1,
	                        .id_first5 = 1};
	memcpy(c + 1, payload, n);
	c->checksum = chunk_checksum(c, (uint8_t *)(c + 1));
}

static size_t make_file(const uint8_t *data, size_t n)
{
	uint32_t number = 1;
	put_header();
	while (n > 3 && number <= MAX_CHUNKS) {
		size_t length = data[1] | (size_t)data[2] << 8;
		uint8_t how = data[0];
		data += 3;
		n -= 3;
		length = length < n ? length : n;
		put_chunk(number++, how, data, length);
		data += length;
		n -= length;
	}
	return (size_t)number * PTF_CHUNK_BYTES;
}

/* The path of a file with that content. */
static const char *trace_file(const uint8_t *data, size_t n)
{
	static char path[64];
	static int fd = -1;
	size_t bytes = make_file(data, n);
	if (fd < 0)
		fd = memfd_create("trace", 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (ftruncate(fd, (off_t)bytes) < 0 || pwrite(fd, file, bytes, 0) != (ssize_t)bytes)
		abort();
	return path;
}

#endif
