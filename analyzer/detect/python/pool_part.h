/*
 * Classes that are built as a part of another one: whoever keeps the whole keeps the part.
 */
#ifndef DETECT_PYTHON_POOL_PART_H
#define DETECT_PYTHON_POOL_PART_H

#include "costly_class.h"

/* Are instances of the part's class mostly made in the constructor of the whole's, or where it is set up? */
bool pool_is_part_of(const struct model *m, const struct py_life *part,
                     const struct py_life *whole);

#endif
