/*
 * Which file a piece of memory comes from, and which file the program is.
 *
 * The kernel is asked, not the loader: its names are absolute, and it answers before the loader has
 * started.
 */
#ifndef PT_PROGRAM_PATH_H
#define PT_PROGRAM_PATH_H

#include "pt.h"

/* The absolute path of the file that is mapped at this address; "" where there is none or /proc is out of
 * reach.  Reads /proc/self/maps up to there. */
void mapped_file_path(uint64_t address, char *path, size_t n_bytes);

/* The path of the program.  That is /proc/self/exe, unless the loader was started with the program as its
 * argument. */
void program_path(char *path, size_t n_bytes);

/* True if the kernel started the loader as the program. */
bool program_is_argument_of_loader(void);

#endif
