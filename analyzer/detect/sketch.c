/* See sketch.h. */
#include "detect/sketch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "detect/sketch_files.h"
#include "util/error.h"
#include "util/mem.h"

/* The next placeholder at or after `text`, and which one; NULL = none.  A letter or digit beside it makes it
 * part of a longer word. */
static const char *next_word(const char *text, const struct sketch_word *words,
                             const struct sketch_word **found)
{
	for (const char *p = text; *p; p++) {
		if (!isupper((unsigned char)*p) || (p > text && isalnum((unsigned char)p[-1])))
			continue;
		for (const struct sketch_word *w = words; w->word; w++) {
			size_t n = strlen(w->word);
			if (!strncmp(p, w->word, n) && !isalnum((unsigned char)p[n])) {
				*found = w;
				return p;
			}
		}
	}
	return NULL;
}

static void append(struct finding *x, const char *text, size_t n)
{
	char *longer = mem_printf("%s%.*s", x->sketch ? x->sketch : "", (int)n, text);
	free(x->sketch);
	x->sketch = longer;
}

static const char *language_of(const char *file)
{
	static const char *const languages[][2] = {
		{".c", "c"}, {".cc", "cxx"}, {".rs", "rust"}, {".py", "python"}, {".sh", "shell"},
	};
	const char *suffix = strrchr(file, '.');

	for (size_t i = 0; suffix && i < sizeof languages / sizeof *languages; i++)
		if (!strcmp(suffix, languages[i][0]))
			return languages[i][1];
	BUG("no language for the sketch '%s'", file);
}

void sketch_add(struct finding *x, const char *file, const struct sketch_word *words)
{
	const char *text = sketch_file(file), *at;
	const struct sketch_word *w = NULL;

	if (!text)
		BUG("no sketch '%s'", file);
	free(x->sketch_language);
	x->sketch_language = mem_strdup(language_of(file));

	while ((at = next_word(text, words, &w)) != NULL) {
		append(x, text, (size_t)(at - text));
		append(x, w->text, strlen(w->text));
		text = at + strlen(w->word);
	}
	append(x, text, strlen(text));
}
