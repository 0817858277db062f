/*
 * The DEFS stream: what numbers in events mean.  One stream for the whole process, written under its
 * own lock; a definition is complete in the file before any event can refer to it.
 */
#ifndef PT_DEFINITION_WRITER_H
#define PT_DEFINITION_WRITER_H

#include "base/pt.h"
#include "trace_codec.h"

/* Payload under construction, on the caller's stack. */
struct definition {
	uint8_t *at;
	uint8_t bytes[1024];
};

static inline void definition_start(struct definition *d)
{
	d->at = d->bytes;
}

static inline void definition_number(struct definition *d, uint64_t v)
{
	if (d->at + 10 <= d->bytes + sizeof d->bytes)
		d->at = ptc_put_varint(d->at, v);
}

/* Cuts what does not fit. */
void definition_bytes(struct definition *d, const void *p, size_t n);
void definition_text(struct definition *d, const char *s);

/* Writes the record and returns its id where its type has ids (frames, stacks, strings, code,
 * classes), else 1; 0 when nothing could be written. */
uint32_t definition_writer_put(enum ptf_def type, const struct definition *d);

/* The same for payloads of up to PTF_MAX_RECORD bytes that lie elsewhere. */
uint32_t definition_writer_put_bytes(enum ptf_def type, const uint8_t *payload, uint32_t n);

/* A stack of `n` frame ids, leaf first; flags PTF_STACK_*. */
uint32_t definition_writer_stack(unsigned flags, const uint32_t *frames, uint32_t n);

/* A string's id; strings are not shared. */
uint32_t definition_writer_string(const char *s, size_t n);

/* At an orderly end. */
void definition_writer_close(void);

/* In a forked child: nothing is defined yet. */
void definition_writer_forget(void);

#endif
