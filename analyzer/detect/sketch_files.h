/*
 * The files of sketches/, built into the program.
 */
#ifndef PT_DETECT_SKETCH_FILES_H
#define PT_DETECT_SKETCH_FILES_H

/* The text of a file, by its name; NULL: there is none. */
const char *sketch_file(const char *name);

#endif
