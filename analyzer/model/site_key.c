/* See site_key.h. */
#include "model/site_key.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "util/mem.h"

/* ---- frames ---- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Where "module+0x1234" has its "+0x"; NULL: the function has a name. */
static const char *offset_in(const char *function)
{
	const char *plus = strchr(function, '+') ? strstr(function, "+0x") : NULL;
	return plus && !plus[3 + strspn(plus + 3, "0123456789abcdef")] ? plus : NULL;
}

/* The module without its version: "libfoo.so.1.2+0x40" is "libfoo.so". */
static char *module_frame(const char *function, const char *plus)
{
	char *name = mem_printf("%.*s", (int)(plus - function), function);
	char *so = strstr(name, ".so.");
	if (so)
		so[3] = 0;
	return name;
}

/* Bytes of a function's name before what a compiler appends to a part or a copy of it. */
static size_t plain_length(const char *function)
{
	static const char *const suffixes[] = {".isra.",     ".constprop.", ".part.",     ".cold",
	                                       ".lto_priv.", ".llvm.",      ".localalias"};
	size_t n = strlen(function);

	for (size_t i = 0; strchr(function, '.') && i < sizeof suffixes / sizeof *suffixes; i++) {
		const char *at = strstr(function, suffixes[i]);
		if (at && at != function && (size_t)(at - function) < n)
			n = (size_t)(at - function);
	}
	return n;
}

/* The file's name; that of a temporary file ("tmp" and eight characters) is "tmp*". */
static char *python_file(const char *path)
{
	const char *name = last_part(path), *rest = name + 3;
	size_t n = 0;

	if (!strncmp(name, "tmp", 3))
		while (islower((unsigned char)rest[n]) || isdigit((unsigned char)rest[n]) ||
		       rest[n] == '_')
			n++;
	return n == 8 ? mem_printf("tmp*%s", rest + n) : mem_strdup(name);
}

char *site_key_frame(const struct symbol *x)
{
	if (x->language == LANGUAGE_PYTHON) {
		char *file = python_file(x->file);
		char *frame = mem_printf("%s (%s)", x->function, file);
		free(file);
		return frame;
	}

	const char *plus = offset_in(x->function);
	if (plus)
		return module_frame(x->function, plus);
	if (!strncmp(x->function, "0x", 2))
		return mem_strdup("[unknown]");
	char *frame = mem_strdup(x->function);
	frame[plain_length(x->function)] = 0;
	return frame;
}

/* ---- paths ---- */

/* Code that runs before main() or a thread's function, whichever C library it is. */
static bool is_start_up(const char *frame)
{
	static const char *const names[] = {
		"_start", "__libc_start_main",         "__libc_start_call_main",
		"clone",  "__libc_start_main_impl",    "start_thread",
		"clone3", "__libc_start_main_alias_2", "__clone",
	};
	if (!strchr("_cs", *frame))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(frame, names[i]))
			return true;
	return false;
}

/* Calls each() for the frames that count, leaf first, until it returns false. */
static void each_frame(const struct model *m, const struct site *s,
                       bool (*each)(void *context, const char *frame), void *context)
{
	struct stack_view v = model_site_stack(m, s);
	char *last = mem_strdup("");
	bool more = true;

	for (uint32_t i = v.named; i < v.n && more; i++) {
		const struct symbol *x = v.frames[i];
		if (i > v.named && x->standard && x->language != LANGUAGE_PYTHON)
			continue;
		char *frame = site_key_frame(x);
		if (!strcmp(last, frame) || is_start_up(frame)) { /* recursion: once */
			free(frame);
			continue;
		}
		free(last);
		last = frame;
		more = each(context, frame);
	}
	free(last);
}

/* ---- keys ---- */

static void hash_text(struct site_key *k, const char *text)
{
	size_t n = strlen(text) + 1;
	k->hash[0] = XXH64(text, n, k->hash[0]);
	k->hash[1] = XXH64(text, n, k->hash[1] + 1);
}

struct hashing {
	struct site_key key;
	uint32_t n, most; /* frames; 0 = no limit */
};

static bool hash_frame(void *context, const char *frame)
{
	struct hashing *h = context;
	hash_text(&h->key, frame);
	return ++h->n != h->most;
}

struct site_key site_key(const struct model *m, const struct site *s, uint32_t n)
{
	const struct trace_class *class = trace_class(m->trace, s->class_id);
	struct hashing h = {.most = n};

	each_frame(m, s, hash_frame, &h);
	hash_text(&h.key, s->class_id ? class->module : "");
	hash_text(&h.key, s->class_id ? class->name : "");
	return h.key;
}

void site_key_text(const struct site_key *key, char text[SITE_KEY_TEXT])
{
	snprintf(text, SITE_KEY_TEXT, "%016llx%016llx", (unsigned long long)key->hash[0],
	         (unsigned long long)key->hash[1]);
}

struct path {
	char *text;
	size_t length;
	uint32_t n, most; /* frames; 0 = no limit */
};

static bool add_frame(void *context, const char *frame)
{
	struct path *p = context;
	size_t n = strlen(frame);

	p->text = mem_realloc(p->text, p->length + n + 4);
	if (p->n)
		p->length = (size_t)(stpcpy(p->text + p->length, " < ") - p->text);
	memcpy(p->text + p->length, frame, n + 1);
	p->length += n;
	return ++p->n != p->most;
}

char *site_key_path(const struct model *m, const struct site *s, uint32_t n)
{
	struct path p = {.most = n};
	each_frame(m, s, add_frame, &p);
	if (!p.text)
		p.text = mem_strdup("[unknown stack]");
	if (!s->class_id)
		return p.text;

	char *with_class = mem_printf("%s [%s]", p.text, trace_class(m->trace, s->class_id)->name);
	free(p.text);
	return with_class;
}
