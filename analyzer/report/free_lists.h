/*
 * Which types' churn a version of CPython hides: dead objects of these go onto a free list of the
 * interpreter's own and are handed out again without a call of its allocators.
 */
#ifndef PT_REPORT_FREE_LISTS_H
#define PT_REPORT_FREE_LISTS_H

#include <stdint.h>

/* Names of built-in types, ended by NULL; none for a version (0xMMmmpp) that is not known. */
const char *const *free_lists_of(uint32_t python);

#endif
