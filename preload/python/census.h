/*
 * The census: what the interpreter holds at a normal exit.  Its JSON is described in docs/census.md.
 */
#ifndef PT_PYTHON_CENSUS_H
#define PT_PYTHON_CENSUS_H

/* Registers it to run when the interpreter exits.  With the GIL, untracked. */
void census_arrange(void);

#endif
