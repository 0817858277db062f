/*
 * Where the machine code of the interpreter loop is: a native frame in it is a place of Python frames.
 */
#ifndef PT_PYTHON_EVALCODE_H
#define PT_PYTHON_EVALCODE_H

#include "base/pt.h"

struct code_range {
	uint64_t start, end;
};

/*
 * Compilers move what they think is rarely run out of a function, into a part without a symbol.  Returns
 * that part of the function at `hot`, empty when there is none.
 */
struct code_range evalcode_cold_part(struct code_range hot);

#endif
