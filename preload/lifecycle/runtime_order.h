/*
 * Runtimes that must be the first library of a program.
 *
 * AddressSanitizer's shared runtime ends the process when another library is loaded before it.  A program that a
 * recorded one starts can be linked with it, and nobody has asked to record that one.  So it is executed once more,
 * without us in LD_PRELOAD: it then runs as it would have.
 */
#ifndef PT_RUNTIME_ORDER_H
#define PT_RUNTIME_ORDER_H

#include "base/pt.h"

/* Would such a runtime end the process because of us?  From the constructor only: reads the loader's list. */
bool runtime_order_is_wrong(void);

/* Executes the program again without us.  Returns if that is not possible: we were not loaded by LD_PRELOAD, or the
 * kernel refuses. */
void runtime_order_mend(char **argv);

#endif
