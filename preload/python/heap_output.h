/*
 * Writes the items of a heap graph (enum ptf_heap_item) into the trace, piece by piece.
 *
 * One graph is written at a time, with the GIL.
 */
#ifndef PT_PYTHON_HEAP_OUTPUT_H
#define PT_PYTHON_HEAP_OUTPUT_H

#include "base/pt.h"

/* Starts the next graph of the process. */
void heap_output_start(void);

void heap_put_byte(uint8_t byte);
void heap_put_number(uint64_t number);
void heap_put_signed(int64_t number);
void heap_put_bytes(const void *bytes, size_t n);

/* Writes what is still buffered. */
void heap_output_end(void);

/* In a forked child: its trace has no graph yet. */
void heap_output_forget(void);

#endif
