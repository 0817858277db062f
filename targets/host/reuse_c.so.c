/*
 * The first of these plugins again, to the byte, under another name.
 *
 * cflags: -D_GNU_SOURCE
 */
#define alloc_of_plugin_a alloc_of_plugin_c
#include "reuse_a.so.c"
