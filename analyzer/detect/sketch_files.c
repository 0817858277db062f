/* See sketch_files.h; the Makefile lists the files. */
#include "detect/sketch_files.h"

#include <stddef.h>
#include <string.h>

#define SKETCH(ident, name, path)             \
	__asm__(".section .rodata\n"          \
	        ".global sketch_" #ident "\n" \
	        "sketch_" #ident ":\n"        \
	        ".incbin \"" path "\"\n"      \
	        ".byte 0\n"                   \
	        ".previous\n");               \
	extern const char sketch_##ident[];
#include SKETCH_LIST
#undef SKETCH

static const struct {
	const char *name, *text;
} files[] = {
#define SKETCH(ident, name, path) {name, sketch_##ident},
#include SKETCH_LIST
#undef SKETCH
};

const char *sketch_file(const char *name)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (!strcmp(files[i].name, name))
			return files[i].text;
	return NULL;
}
