/*
 * See free_lists.h.  Measured on 3.8 to 3.14: of 20,000 objects made and dropped one at a time fewer than a
 * thousand reach the allocators.  tests/python_free_lists.bats measures it again on each interpreter.
 */
#include "report/free_lists.h"

#include <stddef.h>

#define EVERYWHERE "float", "tuple", "list", "dict", "slice", "Context"

static const char *const up_to_3_8[] = {EVERYWHERE, "frame", "method", "builtin_function_or_method",
                                        NULL};
static const char *const up_to_3_10[] = {EVERYWHERE, "frame", NULL};
static const char *const up_to_3_13[] = {EVERYWHERE, NULL};
static const char *const from_3_14[] = {EVERYWHERE,

                                        "int",
                                        "range",
                                        "list_iterator",
                                        "tuple_iterator",
                                        "range_iterator",
                                        "method",
                                        "builtin_function_or_method",
                                        NULL};
static const char *const nothing_known[] = {NULL};

const char *const *free_lists_of(uint32_t python)
{
	unsigned minor = python >> 8 & 0xff;

	if (python >> 16 != 3 || minor < 8 || minor > 14)
		return nothing_known;
	return minor == 8    ? up_to_3_8
	       : minor <= 10 ? up_to_3_10
	       : minor <= 13 ? up_to_3_13
	                     : from_3_14;
}
