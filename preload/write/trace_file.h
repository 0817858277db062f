/*
 * The trace file: its space, its descriptor, and chunk 0 with the live counters.
 *
 * Who records writes into one place of the file, through a shared mapping: what is stored there survives
 * the process.  A full chunk is copied from there to the end of the file with one write, and the next
 * begins in the same place, which stays in the cache.  (Measured on ext4 of Linux 6.18, 4 KiB of trace: 1 us
 * to copy, 5 us to make, map and take away the pages of a chunk that is mapped again.)
 *
 * Space is reserved before it is used, so that writing through the mapping cannot fault on a full
 * disk.  Where that is not enough, or nothing can be mapped at all, chunks are the recorder's own memory and written
 * with pwrite() in small steps: a process that is killed loses its last step there.
 */
#ifndef PT_TRACE_FILE_H
#define PT_TRACE_FILE_H

#include "base/pt.h"
#include "trace_format.h"

/* Opens this process's trace and maps chunk 0.  False: there will be no recording. */
bool trace_file_open(void);

/* Chunk 0's payload; a private scratch page while there is no file, so that counting never fails. */
extern struct ptf_file *trace_file_live;

/*
 * A place to write chunks in, with a fresh one: header filled except for kind and ids, state PTF_UNUSED.
 * Returns NULL, and stops the recording, when there is no space.  Any thread.
 */
struct ptf_chunk *trace_file_take_chunk(void);

/* Puts a full chunk away, NULL: there is none; the next one, as trace_file_take_chunk() gives it, or in the same place,
 * where kind and ids stay as they were. */
struct ptf_chunk *trace_file_next_chunk(struct ptf_chunk *full, const uint8_t *end);

/* Bytes after which a stream is to be written out; 0: the file is mapped, and nothing is to be done. */
uint32_t trace_file_step(void);

/* Puts these bytes of a chunk into the file, if it is not mapped. */
void trace_file_write_out(const struct ptf_chunk *c, const uint8_t *from, const uint8_t *to);

/* Closes a chunk where it is: length, checksum, state. */
void trace_file_close_chunk(struct ptf_chunk *chunk, const uint8_t *end);

/* Ends the recording for good, keeping what is there. */
void trace_file_stop(enum ptf_stop why);
bool trace_file_stopped(void);

/* The same without a system call then or later: the descriptor is forgotten. */
void trace_file_abandon(enum ptf_stop why);

/* It may have to be abandoned in a moment: if the file is not mapped, says so in it already now. */
void trace_file_foretell(enum ptf_stop why);

/* The process ends now in an orderly way: end marks, unused reserved space given back. */
void trace_file_finish(enum ptf_end how, int exit_code);

/* The exec failed, the process goes on. */
void trace_file_unfinish(void);

/* In a forked child: forget the parent's file. */
void trace_file_forget(void);

/* In a forked child whose recording begins now, or cannot: then its parent's trace says so. */
void trace_file_tell_parent(bool recording);

/* A program that is executed now (by: 1), or was not after all (-1), cannot have a trace.  `error`: errno. */
void trace_file_count_untraced(int by, int error);

/* True for our own descriptor, which the host must not see. */
bool trace_file_owns_fd(int fd);

/* The host is about to put a descriptor of its own at that number: move. */
void trace_file_make_way(int fd);

void trace_file_count_lost(enum ptf_lost why, uint64_t n);

#endif
