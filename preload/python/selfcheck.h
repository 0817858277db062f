/*
 * Is the layout the one that we think it is?  Compares what we read with what the interpreter says.
 */
#ifndef PT_PYTHON_SELFCHECK_H
#define PT_PYTHON_SELFCHECK_H

/* With the GIL, inside Python code.  NULL: all equal, else a sentence that says what is not. */
const char *selfcheck_run(void);

#endif
