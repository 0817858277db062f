/* The formats of comparisons; see compare.h. */
#include "compare/compare.h"

const struct compare_format *const compare_formats[] = {&compare_text, &compare_json,
                                                        &compare_markdown, &compare_html, NULL};
