/*
 * Which frames of a stack are the program's own: code that its author can change.
 *
 * The standard libraries, their templates and the allocation wrappers are not.  An allocation function
 * of the program's own (xmalloc, new_number) is the program's code, but its callers are where the blocks
 * belong.  Such a *helper* is known by its name (symbols/wrappers.c) or recognised by its shape:
 *
 *   - it is the innermost function of the program in every stack that has it: it does nothing else that
 *     allocates;
 *   - nearly all of its blocks come from one line of it, and it does not free them itself;
 *   - it is called from several places, and asks for different sizes.
 *
 * A constructor (one size) and a function with a scratch buffer (freed inside) are no helpers.
 */
#ifndef PT_DETECT_OWN_CODE_H
#define PT_DETECT_OWN_CODE_H

#include "model/model.h"

/* Functions recognised as helpers by their shape. */
struct helpers;

struct helpers *helpers_find(const struct model *m);
void helpers_free(struct helpers *h);
bool helpers_have(const struct helpers *h, const struct symbol *s);

/* True for sites of the C allocator that are not named after a Python frame. */
bool site_is_native(const struct model *m, const struct site *s);

/* Frees of the site's blocks by another module's own code, which calls free() itself: no pool could take these
 * back.  Modules on the way to the allocator count as the program's, templates of standard libraries do not
 * count.  Needs MODEL_FREERS. */
uint64_t code_foreign_frees(const struct helpers *h, const struct model *m, const struct site *s);
/* Code of a standard library, also of its templates; not the allocation wrappers of the program. */
bool code_is_standard(const struct symbol *s);
/* True if its source is one of these headers, by base name; the list ends with NULL. */
bool code_is_in_header(const struct symbol *s, const char *const *headers);
/* Code that nobody is going to change: a standard library's, or an allocation wrapper. */
bool code_is_library(const struct symbol *s);
/* Index of the innermost frame of the program's own that is no helper.  Without one: the first frame that
 * is no wrapper.  h: NULL for the helpers known by name alone. */
uint32_t code_own_frame(const struct helpers *h, const struct stack_view *v);
/* The next frame outwards from i of another function of the program's own; NULL: there is none. */
const struct symbol *code_caller(const struct stack_view *v, uint32_t i);

#endif
