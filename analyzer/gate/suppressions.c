/* See suppressions.h. */
#include "gate/suppressions.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"

#define MOST_STEPS 100000u /* of matching one stack with one suppression */

void suppressions_release(struct suppressions *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		for (uint32_t k = 0; k < s->list[i].n_frames; k++)
			free(s->list[i].frames[k]);
		free(s->list[i].frames);
		free(s->list[i].name);
	}
	free(s->list);
}

/* ---- reading ---- */

static struct suppression *add(struct suppressions *s, const char *name, bool is_valgrind)
{
	struct suppression *x = MEM_PUSH(s->list, s->n, s->room);
	*x = (struct suppression){.name = mem_strdup(name), .is_valgrind = is_valgrind};
	return x;
}

static void add_frame(struct suppression *x, const char *frame)
{
	*MEM_PUSH(x->frames, x->n_frames, x->frames_room) = mem_strdup(frame);
}

/* Without blanks around it and without a comment, in place. */
static char *trim(char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (*line == '#')
		*line = 0;
	size_t n = strlen(line);
	while (n && isspace((unsigned char)line[n - 1]))
		line[--n] = 0;
	return line;
}

static bool is_frame(const char *line)
{
	return !strncmp(line, "fun:", 4) || !strncmp(line, "obj:", 4) ||
	       !strncmp(line, "src:", 4) || !strcmp(line, "...");
}

/* Where in a file of valgrind's a line stands: outside of braces, before its name, before its kind, in its frames. */
enum state { OUTSIDE, NAME, KIND, FRAMES };

static int take_valgrind(struct suppressions *s, const char *line, enum state *state)
{
	if (*state == NAME) {
		add(s, line, true);
		*state = KIND;
	} else if (*state == KIND) {
		const char *kind = strchr(line, ':');
		bool is_leak = kind && !strcmp(kind + 1, "Leak");
		if (!is_leak) /* of other errors: it never matches */
			add_frame(&s->list[s->n - 1], "none:");
		*state = FRAMES;
	} else if (!strcmp(line, "}")) {
		*state = OUTSIDE;
	} else if (is_frame(line)) {
		add_frame(&s->list[s->n - 1], line);
	} else if (strncmp(line, "match-leak-kinds:", 17) != 0) {
		return -1;
	}
	return 0;
}

static int take_line(struct suppressions *s, const char *line, enum state *state)
{
	if (*state != OUTSIDE)
		return take_valgrind(s, line, state);
	if (!strcmp(line, "{")) {
		*state = NAME;
		return 0;
	}
	if (strncmp(line, "leak:", 5) != 0 || !line[5])
		return -1;
	add_frame(add(s, line, false), line + 5);
	return 0;
}

int suppressions_read(struct suppressions *s, const char *path)
{
	enum state state = OUTSIDE;
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	int result = 0;

	FILE *f = fopen(path, "re");
	if (!f)
		return error_errno("cannot open '%s'", path);
	while (result == 0 && getline(&line, &room, f) >= 0) {
		char *text = trim(line);
		number++;
		if (*text && take_line(s, text, &state) < 0)
			result = error("'%s' line %u: expected leak:PATTERN or a suppression of "
			               "valgrind's",
			               path, number);
	}
	if (result == 0 && state != OUTSIDE)
		result = error("'%s': the last suppression has no '}'", path);
	free(line);
	fclose(f);
	return result;
}

/* ---- LeakSanitizer's ---- */

/* The pattern is somewhere in the text, unless ^ and $ tie it to the ends. */
static bool is_in(const char *pattern, const char *text)
{
	size_t n = strlen(pattern);
	bool from_start = *pattern == '^', to_end = n && pattern[n - 1] == '$';
	char *glob = mem_printf("%s%.*s%s", from_start ? "" : "*",
	                        (int)(n - from_start - (to_end && n > from_start)),
	                        pattern + from_start, to_end ? "" : "*");
	bool is = fnmatch(glob, text, FNM_NOESCAPE) == 0;
	free(glob);
	return is;
}

static bool matches_any(const char *pattern, const struct stack_view *v)
{
	for (uint32_t i = 0; i < v->n; i++) {
		const struct symbol *x = v->frames[i];
		if (is_in(pattern, x->function) || (*x->file && is_in(pattern, x->file)) ||
		    (*x->module && is_in(pattern, x->module)))
			return true;
	}
	return false;
}

/* ---- valgrind's ---- */

static bool matches_frame(const char *frame, const struct symbol *x)
{
	if (!strncmp(frame, "fun:", 4))
		return fnmatch(frame + 4, x->function, FNM_NOESCAPE) == 0;
	if (!strncmp(frame, "obj:", 4))
		return fnmatch(frame + 4, x->module, FNM_NOESCAPE) == 0;
	if (strncmp(frame, "src:", 4) != 0)
		return false;

	char *with_line = mem_printf("%s:%u", x->file, x->line);
	const char *slash = strrchr(with_line, '/'), *name = slash ? slash + 1 : with_line;
	bool is = fnmatch(frame + 4, name, FNM_NOESCAPE) == 0 ||
	          (!strchr(frame + 4, ':') && strlen(frame + 4) == strcspn(name, ":") &&
	           !strncmp(frame + 4, name, strlen(frame + 4)));
	free(with_line);
	return is;
}

/* Do the frames from the i-th on match the stack from its k-th on?  The stack may go on. */
static bool matches_from(const struct suppression *x, uint32_t i, const struct stack_view *v,
                         uint32_t k, uint32_t *steps)
{
	for (; i < x->n_frames; i++, k++) {
		if (++*steps > MOST_STEPS)
			return false;
		if (!strcmp(x->frames[i], "...")) {
			for (uint32_t from = k; from <= v->n; from++)
				if (matches_from(x, i + 1, v, from, steps))
					return true;
			return false;
		}
		if (k >= v->n || !matches_frame(x->frames[i], v->frames[k]))
			return false;
	}
	return true;
}

/* A stack of valgrind's begins with the allocator's function, ours with its caller. */
static bool is_allocator(const char *frame)
{
	static const char *const names[] = {"malloc", "calloc",         "realloc",       "memalign",
	                                    "_Znwm",  "_Znam",          "operator new*", "_Znw*",
	                                    "_Zna*",  "posix_memalign", "aligned_alloc", "*alloc"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(frame, "fun:", 4) &&
		    (!strcmp(frame + 4, names[i]) || !fnmatch(names[i], frame + 4, FNM_NOESCAPE)))
			return true;
	return false;
}

static bool matches_valgrind(const struct suppression *x, const struct stack_view *v)
{
	uint32_t steps = 0;
	if (x->n_frames && matches_from(x, 0, v, 0, &steps))
		return true;
	return x->n_frames > 1 && is_allocator(x->frames[0]) && matches_from(x, 1, v, 0, &steps);
}

const struct suppression *suppressions_match(const struct suppressions *s,
                                             const struct stack_view *v)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct suppression *x = &s->list[i];
		if (x->is_valgrind ? matches_valgrind(x, v) : matches_any(x->frames[0], v))
			return x;
	}
	return NULL;
}
