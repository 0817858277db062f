/*
 * Allocation wrappers: functions that allocate for somebody else.  A site is named after the first
 * frame that is none of them.
 *
 * The table is plain data.  '*' stands for any text.  Names are compared without parameters and return
 * type.  All of a standard library is a wrapper: what its containers allocate is their caller's.
 */
#include <stdlib.h>
#include <string.h>

#include "symbols/function_name.h"
#include "symbols/symbols.h"
#include "util/mem.h"

static const char *const wrappers[] = {
	/* by the verb that a name ends in, whoever's it is */
	"*malloc",
	"*calloc",
	"*realloc",
	"*zalloc",
	"*mallocz",
	"*malloc0",
	"*calloc0",
	"*realloc0",
	"*malloc_n",
	"*malloc0_n",
	"*calloc_n",
	"*realloc_n",
	"*mallocarray",
	"*reallocarray",
	"*malloc_array",
	"*calloc_array",
	"*realloc_array",
	"*_malloc64",
	"*_realloc64",
	"*strdup",
	"*strndup",
	"*memdup",
	"*Malloc",
	"*Calloc",
	"*Realloc",
	"*MallocZero",
	"*Strdup",
	"*StrDup",
	"*StrNDup",
	"*StringDup",
	"*MemAlloc",
	"*MemRealloc",
	"*mem_alloc",
	"*_safe_alloc",
	/* C library and allocators */
	"memalign",
	"aligned_alloc",
	"posix_memalign",
	"valloc",
	"pvalloc",
	"wcsdup",
	"vasprintf",
	"__vasprintf_internal",
	"__vasprintf_chk",
	"asprintf",
	"__asprintf",
	"__asprintf_chk",
	/* x-functions */
	"xpalloc",
	"xmemdup0",
	"xasprintf",
	"xvasprintf",
	"xmallocz_gently",
	"xmemdupz",
	/* GLib */
	"g_slice_alloc",
	"g_slice_alloc0",
	"g_memdup2",
	/* libraries and programs */
	"jv_alloc_string",
	"jv_mem_alloc_unguarded",
	"ngx_palloc*",
	"ngx_pnalloc",
	"ngx_pcalloc",
	"ngx_pmemalign",
	"ngx_memalign",
	"ngx_create_pool",
	"AllocateHeap",
	"ReallocateHeap",
	"Arena::grow",
	"Arena::Amalloc*",
	"resource_allocate_bytes",
	"os::strdup_check_oom",
	"JLI_Mem*",
	"sqlite3PageMalloc",
	"sqlite3VMPrintf",
	"sqlite3MPrintf",
	"sqlite3_vmprintf",
	"sqlite3_mprintf",
	"sqlite3_str_finish",
	"strAccumFinishRealloc",
	"sqlite3StrAccumEnlarge*",
	"sqlite3DbSpanDup",
	"pcache1Alloc",
	"pcache1AllocPage",
	"isc_mem_get*",
	"isc__mem_get*",
	"isc_mem_allocate*",
	"isc__mem_allocate*",
	"MemoryContextAlloc*",
	"AllocSetAlloc*",
	"palloc0",
	"repalloc",
	"_emalloc*",
	"zend_mm_alloc*",
	"ruby_x*alloc*",
	"objspace_x*alloc*",
	"greedy_realloc*",
	"Perl_more_bodies",
	"S_more_bodies",
	"llvm::allocate_buffer",
	"llvm::SmallVectorBase<*>::grow_pod",
	"llvm::SmallVectorBase<*>::mallocForGrow",
	"llvm::BumpPtrAllocatorImpl<*>::*",
	"v8::internal::AllocWithRetry",
	"QArrayData::*allocate*",
	"QListData::*",
	"lalloc",
	"lalloc_clear",
	"alloc_clear",
	"sqlite3DbMallocRaw",
	"sqlite3DbMallocRawNN",
	"dbMallocRawFinish",
	"dbReallocFinish",
	"mallocWithAlarm",
	"zmalloc_usable",
	"zcalloc_usable",
	"zrealloc_usable",
	"ztrymalloc_usable",
	"ztrycalloc_usable",
	"ztryrealloc_usable",
	"ztrymalloc_usable_internal",
	"zmalloc_no_tcache",
	"zcalloc_num",
	"talloc_*",
	"_talloc*",
	"apr_palloc",
	"ngx_alloc",
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
	"_PyObject_GC_New",
	"_PyObject_GC_NewVar",
	"_PyObject_GC_Resize",
	"PyObject_GC_New",
	"_PyObject_New",
	"_PyObject_NewVar",
	"PyType_GenericAlloc",
	"_PyType_AllocNoTrack",
	"_PyMem_RawWcsdup",
	"gc_alloc",
	"pymalloc_alloc",
	"new_arena",
	"_PyMem_DebugRawAlloc",
	/* C++ */
	"operator new",
	"operator new[]",
	"*::operator new",
	"*::operator new[]",
	"__cxa_allocate_exception",
	"__cxa_allocate_dependent_exception",
	/* Rust: names without a crate; those of the standard library are known by their paths */
	"__rust_alloc",
	"__rust_alloc_zeroed",
	"__rdl_alloc",
	"__rdl_alloc_zeroed",
	"__rg_alloc",
	"__rg_alloc_zeroed",
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

/* '*' stands for any text.  Goes back to the last star only, so that no name is slow. */
static bool match(const char *pattern, const char *name)
{
	const char *star = NULL, *tried = name;
	while (*name)
		if (*pattern == '*') {
			star = pattern++;
			tried = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++tried;
		} else {
			return false;
		}

	return pattern[strspn(pattern, "*")] == 0;
}

/* glibc's own names for what programs call "strdup": "__GI___strdup", "__strdup". */
static const char *without_prefix(const char *name)
{
	name += strncmp(name, "__GI_", 5) ? 0 : 5;
	return strncmp(name, "__libc_", 7) ? name : name + 7;
}

bool wrappers_match(const char *function)
{
	char *plain = function_name_plain(function);
	const char *name = without_prefix(plain);
	bool found = function_name_is_standard(plain);
	for (size_t i = 0; !found && i < sizeof wrappers / sizeof *wrappers; i++)
		found = match(wrappers[i], name);
	for (uint32_t i = 0; !found && i < n_added; i++)
		found = match(added[i], plain) || match(added[i], function);
	free(plain);
	return found;
}
