/* See function_name.h. */
#include "symbols/function_name.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

#include "util/mem.h"

/* ---- demangling ---- */

struct demangled {
	char text[FUNCTION_NAME_MAX + 3];
	size_t n;
	jmp_buf full;
};

/* A few bytes can stand for a name of gigabytes: the demangler is left when there is enough. */
static void take(const char *part, size_t n, void *context)
{
	struct demangled *d = context;
	size_t room = FUNCTION_NAME_MAX - d->n;
	memcpy(d->text + d->n, part, n < room ? n : room);
	d->n += n < room ? n : room;
	if (n > room) {
		memcpy(d->text + d->n, "..", 2);
		d->n += 2;
		longjmp(d->full, 1);
	}
}

static bool demangle(const char *mangled, struct demangled *d)
{
	const int options = DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO;
	d->n = 0;
	if (setjmp(d->full))
		return true;
	if (rust_demangle_callback(mangled, options, take, d))
		return true;
	d->n = 0;
	return !strncmp(mangled, "_Z", 2) &&
	       cplus_demangle_v3_callback(mangled, options, take, d) && d->n;
}

char *function_name_demangle(const char *mangled)
{
	static struct demangled d;
	if (!demangle(mangled, &d))
		return NULL;
	d.text[d.n] = 0;
	return mem_strdup(d.text);
}

/* ---- parts of a name ---- */

/* Length of a name without its parameter list: up to the '(' that belongs to the last ')'. */
static size_t bare_length(const char *name)
{
	const char *close = strrchr(name, ')');
	int depth = 0;
	if (close && strchr(close, '>'))
		return strlen(
			name); /* it belongs to a type argument: Rust names have no parameters */
	for (const char *p = close; p && p > name; p--) {
		depth += (*p == ')') - (*p == '(');
		if (depth == 0)
			return (size_t)(p - name);
	}
	return strlen(name);
}

/* Where the name begins in "return type name". */
static const char *name_start(const char *bare)
{
	const char *start = bare;
	int depth = 0;
	for (const char *p = bare; *p; p++) {
		bool arrow = *p == '>' && p > bare && p[-1] == '-';
		if (depth == 0 && !strncmp(p, "operator", 8))
			break;
		depth += (*p == '<' || *p == '(') - ((*p == '>' && !arrow) || *p == ')');
		if (depth == 0 && *p == ' ')
			start = p + 1;
	}
	return start;
}

char *function_name_plain(const char *demangled)
{
	char *bare = mem_printf("%.*s", (int)bare_length(demangled), demangled);
	const char *start = name_start(bare);
	memmove(bare, start, strlen(start) + 1);
	return bare;
}

/* ---- standard libraries ---- */

static const char *const standard[] = {
	"std::",       "__gnu_cxx::",  "__cxxabiv1::", "alloc::", "core::", "__rustc::",
	"hashbrown::", "operator new", "__rust_",      "__rdl_",  "__rg_",
};

static bool is_standard_path(const char *path)
{
	for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
		if (!strncmp(path, standard[i], strlen(standard[i])))
			return true;
	return false;
}

/* The type whose method it is: in Rust "<&mut [alloc::vec::Vec<u8>] as core::clone::Clone>::clone". */
static const char *self_type(const char *plain)
{
	const char *p = plain;
	for (;;) {
		if (strchr("<&*[( ", *p) && *p)
			p++;
		else if (!strncmp(p, "mut ", 4) || !strncmp(p, "dyn ", 4))
			p += 4;
		else if (!strncmp(p, "const ", 6))
			p += 6;
		else
			return p;
	}
}

/* A built-in type or a type parameter as `Self` of a standard trait: "<u32 as alloc::string::ToString>". */
static bool is_standard_trait_of_builtin(const char *self)
{
	size_t n = strcspn(self, " :<>,)]");
	const char *as = strstr(self + n, " as ");
	return self[n] != ':' && as && strcspn(self, ":") > (size_t)(as - self) &&
	       is_standard_path(as + 4);
}

bool function_name_is_standard(const char *plain)
{
	if (is_standard_path(plain))
		return true;
	if (*plain != '<')
		return false;
	const char *self = self_type(plain);
	return is_standard_path(self) || !strncmp(self, "fn(", 3) ||
	       is_standard_trait_of_builtin(self);
}
