/*
 * What a function's name says: its demangled form, and whether it is a standard library's.  Private to
 * symbols/.
 */
#ifndef PT_SYMBOLS_FUNCTION_NAME_H
#define PT_SYMBOLS_FUNCTION_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define FUNCTION_NAME_MAX 4096u /* bytes of a demangled name; longer ones end in ".." */

/* The demangled name, to be freed; NULL when it is not a mangled one. */
char *function_name_demangle(const char *mangled);

/* The name without parameters and without the return type that instances of function templates carry:
 * "std::vector<int> app::row<int>(int)" gives "app::row<int>".  To be freed. */
char *function_name_plain(const char *demangled);

/* True for a plain name of the standard library of C++ or Rust. */
bool function_name_is_standard(const char *plain);

#endif
