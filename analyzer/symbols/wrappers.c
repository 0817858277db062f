/*
 * Allocation wrappers: functions that allocate for somebody else.  A site is named after the first
 * frame that is none of them.
 *
 * The table is plain data.  '*' stands for any text.  Names are compared without the parameter list
 * (C++, Rust) and without the return type that instances of templates carry.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/symbols.h"
#include "util/mem.h"

static const char *const wrappers[] = {
	/* C library and allocators */
	"malloc",
	"calloc",
	"realloc",
	"reallocarray",
	"memalign",
	"aligned_alloc",
	"posix_memalign",
	"valloc",
	"pvalloc",
	"__libc_malloc",
	"__libc_calloc",
	"__libc_realloc",
	"__libc_memalign",
	"strdup",
	"__strdup",
	"strndup",
	"__strndup",
	"wcsdup",
	"vasprintf",
	"__vasprintf_internal",
	"__vasprintf_chk",
	"asprintf",
	"__asprintf",
	"__asprintf_chk",
	"je_malloc",
	"je_calloc",
	"je_realloc",
	"tc_malloc",
	"mi_malloc",
	"mi_calloc",
	"mi_realloc",
	/* x-functions */
	"xmalloc",
	"xcalloc",
	"xrealloc",
	"xzalloc",
	"xnmalloc",
	"xnrealloc",
	"xreallocarray",
	"xpalloc",
	"x2realloc",
	"x2nrealloc",
	"ximalloc",
	"xicalloc",
	"xirealloc",
	"xstrdup",
	"xstrndup",
	"xmemdup",
	"ximemdup",
	"xmemdup0",
	"xasprintf",
	"xvasprintf",
	"x_malloc",
	"safe_malloc",
	"safe_calloc",
	"safe_realloc",
	"safemalloc",
	"saferealloc",
	"do_xmalloc",
	"emalloc",
	"ecalloc",
	"erealloc",
	"checked_malloc",
	"checked_realloc",
	"my_malloc",
	"bfd_malloc",
	"bfd_zmalloc",
	"bfd_realloc",
	"__xmalloc",
	"xmallocz",
	"do_xmallocz",
	"xmallocz_gently",
	"xmemdupz",
	/* GLib */
	"g_malloc",
	"g_malloc0",
	"g_malloc_n",
	"g_malloc0_n",
	"g_realloc",
	"g_realloc_n",
	"g_try_malloc",
	"g_try_malloc0",
	"g_try_realloc",
	"g_slice_alloc",
	"g_slice_alloc0",
	"g_strdup",
	"g_strndup",
	"g_memdup",
	"g_memdup2",
	/* libraries and programs */
	"sqlite3Malloc",
	"sqlite3MallocZero",
	"sqlite3MemMalloc",
	"sqlite3MemRealloc",
	"sqlite3Realloc",
	"sqlite3DbMallocRaw",
	"sqlite3DbMallocRawNN",
	"sqlite3DbMallocZero",
	"sqlite3DbRealloc",
	"sqlite3_malloc",
	"sqlite3_malloc64",
	"sqlite3_realloc",
	"sqlite3_realloc64",
	"dbMallocRawFinish",
	"dbReallocFinish",
	"mallocWithAlarm",
	"zmalloc",
	"zcalloc",
	"zrealloc",
	"ztrymalloc",
	"ztrycalloc",
	"ztryrealloc",
	"zmalloc_usable",
	"zcalloc_usable",
	"zrealloc_usable",
	"ztrymalloc_usable",
	"ztrycalloc_usable",
	"ztryrealloc_usable",
	"ztrymalloc_usable_internal",
	"zmalloc_no_tcache",
	"zcalloc_num",
	"zstrdup",
	"Perl_safesysmalloc",
	"Perl_safesyscalloc",
	"Perl_safesysrealloc",
	"CRYPTO_malloc",
	"CRYPTO_zalloc",
	"CRYPTO_realloc",
	"CRYPTO_strdup",
	"CRYPTO_memdup",
	"OPENSSL_malloc",
	"xmlMalloc",
	"xmlRealloc",
	"talloc_*",
	"_talloc*",
	"apr_palloc",
	"ngx_alloc",
	"ngx_calloc",
	"av_malloc",
	"av_mallocz",
	"av_realloc",
	"curl_domalloc",
	"Curl_saferealloc",
	"palloc",
	"ggc_internal_alloc*",
	"ggc_internal_cleared_alloc*",
	"ggc_alloc*",
	"va_heap::reserve*",
	"_obstack_newchunk",
	"_obstack_begin",
	"_obstack_begin_worker",
	"call_chunkfun",
	/* CPython */
	"PyMem_Malloc",
	"PyMem_Calloc",
	"PyMem_Realloc",
	"PyMem_RawMalloc",
	"PyMem_RawCalloc",
	"PyMem_RawRealloc",
	"PyObject_Malloc",
	"PyObject_Calloc",
	"PyObject_Realloc",
	"_PyMem_RawMalloc",
	"_PyMem_RawCalloc",
	"_PyMem_RawRealloc",
	"_PyObject_Malloc",
	"_PyObject_Calloc",
	"_PyObject_Realloc",
	"_PyObject_GC_Malloc",
	"_PyObject_GC_New",
	"_PyObject_GC_NewVar",
	"_PyObject_GC_Resize",
	"PyObject_GC_New",
	"_PyObject_New",
	"_PyObject_NewVar",
	"PyType_GenericAlloc",
	"_PyType_AllocNoTrack",
	"_PyMem_Strdup",
	"_PyMem_RawWcsdup",
	"_PyMem_RawStrdup",
	"gc_alloc",
	"pymalloc_alloc",
	"new_arena",
	"_PyMem_DebugMalloc",
	"_PyMem_DebugCalloc",
	"_PyMem_DebugRealloc",
	"_PyMem_DebugRawMalloc",
	"_PyMem_DebugRawAlloc",
	"_PyMem_DebugRawRealloc",
	"_PyMem_DebugRawCalloc",
	/* C++ */
	"operator new",
	"operator new\\[\\]",
	"*::operator new",
	"*::operator new\\[\\]",
	"__cxa_allocate_exception",
	"__cxa_allocate_dependent_exception",
	/* the C++ standard library: what its containers allocate is their caller's */
	"std::*",
	"__gnu_cxx::*",
	/* Rust */
	"__rust_alloc",
	"__rust_alloc_zeroed",
	"__rust_realloc",
	"__rdl_alloc",
	"__rdl_alloc_zeroed",
	"__rdl_realloc",
	"__rg_alloc",
	"__rg_alloc_zeroed",
	"__rg_realloc",
	"alloc::alloc::*",
	"*alloc::alloc::Global*",
	"alloc::raw_vec::*",
	"*alloc::raw_vec::*",
	"std::alloc::*",
	"*std::sys::alloc::*",
	"alloc::boxed::Box<*>::new*",
	"alloc::boxed::Box<T>::new*",
};

static char **added;
static uint32_t n_added, added_room;

void wrappers_add(const char *patterns)
{
	char *copy = mem_strdup(patterns), *rest = copy, *one;
	while ((one = strsep(&rest, ",")) != NULL)
		if (*one)
			*MEM_PUSH(added, n_added, added_room) = mem_strdup(one);
	free(copy);
}

/* Length of a name without its parameter list: up to the '(' that belongs to the last ')'. */
static size_t bare_length(const char *function)
{
	size_t n = strlen(function);
	const char *close = strrchr(function, ')');
	int depth = 0;
	if (!close)
		return n;
	for (const char *p = close; p > function; p--) {
		depth += (*p == ')') - (*p == '(');
		if (depth == 0)
			return (size_t)(p - function);
	}
	return n;
}

/* Where the name begins in "return type name": instances of function templates carry the type. */
static const char *name_start(const char *bare, size_t n)
{
	const char *start = bare;
	int depth = 0;
	for (const char *p = bare; p < bare + n; p++) {
		if (depth == 0 && !strncmp(p, "operator", 8))
			break;
		depth += (*p == '<' || *p == '(') - (*p == '>' || *p == ')');
		if (depth == 0 && *p == ' ')
			start = p + 1;
	}
	return start;
}

static bool match(const char *pattern, const char *name)
{
	return strpbrk(pattern, "*\\") ? fnmatch(pattern, name, 0) == 0
	                               : strcmp(pattern, name) == 0;
}

const char *wrappers_bare_name(const char *function)
{
	return name_start(function, bare_length(function));
}

bool wrappers_match(const char *function)
{
	char *bare = mem_printf("%.*s", (int)bare_length(function), function);
	const char *name = name_start(bare, strlen(bare));
	bool found = false;
	for (size_t i = 0; !found && i < sizeof wrappers / sizeof *wrappers; i++)
		found = match(wrappers[i], name);
	for (uint32_t i = 0; !found && i < n_added; i++)
		found = match(added[i], bare) || match(added[i], function);
	free(bare);
	return found;
}
