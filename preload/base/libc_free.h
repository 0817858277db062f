/*
 * Memory and string functions of our own, in place of those of the C library, which may not be the C
 * library's: sanitizer runtimes, simulators and other preloads define functions of the same names, which
 * may not be ready yet, or allocate.
 *
 * The names given to the assembler make the compiler call ours, also where it makes a call itself.
 */
#ifndef PT_LIBC_FREE_H
#define PT_LIBC_FREE_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n) __asm__("pt_memcpy");
void *memmove(void *to, const void *from, size_t n) __asm__("pt_memmove");
void *memset(void *to, int value, size_t n) __asm__("pt_memset");
int memcmp(const void *a, const void *b, size_t n) __asm__("pt_memcmp");
void *memmem(const void *in, size_t n, const void *what, size_t m) __asm__("pt_memmem");
size_t strlen(const char *s) __asm__("pt_strlen");
int strcmp(const char *a, const char *b) __asm__("pt_strcmp");
int strncmp(const char *a, const char *b, size_t n) __asm__("pt_strncmp");
char *strrchr(const char *s, int c) __asm__("pt_strrchr");

#endif
