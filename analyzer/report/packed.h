/* Text written to a stream, kept as zlib-compressed bytes in base64: what a page carries as data. */
#ifndef PT_REPORT_PACKED_H
#define PT_REPORT_PACKED_H

#include <stddef.h>
#include <stdio.h>

struct packer;

/* Dies when there is no memory. */
struct packer *packer_new(void);
/* The stream to write to, until packer_finish(). */
FILE *packer_stream(struct packer *p);
/* The whole text in base64, *n bytes and a terminator; to be freed.  Frees the packer. */
char *packer_finish(struct packer *p, size_t *n);

#endif
