/* What a function's name says: see analyzer/symbols/function_name.h and wrappers.c. */
#include "symbols/function_name.h"

#include <stdlib.h>

#include "symbols/symbols.h"

#include "unit.h"

static bool plain_is(const char *demangled, const char *plain)
{
	char *got = function_name_plain(demangled);
	bool same = !strcmp(got, plain);
	if (!same)
		printf("# '%s' gives '%s', not '%s'\n", demangled, got, plain);
	free(got);
	return same;
}

TEST("names: parameters and the return type of template instances are no part of a plain name")
{
	CHECK(plain_is("main", "main"));
	CHECK(plain_is("app::make(int)", "app::make"));
	CHECK(plain_is("std::vector<int, std::allocator<int> > build_row<int>(int)",
	               "build_row<int>"));
	CHECK(plain_is("void app::f<std::pair<int, int> >(void (*)(int))",
	               "app::f<std::pair<int, int> >"));
	CHECK(plain_is("std::string (anonymous namespace)::g<int>(int)",
	               "(anonymous namespace)::g<int>"));
	CHECK(plain_is("operator new(unsigned long)", "operator new"));
	CHECK(plain_is("app::T::operator std::string() const", "app::T::operator std::string"));
	CHECK(plain_is("bool app::operator< <int>(app::S<int> const&)", "app::operator< <int>"));
	CHECK(plain_is("<fn(i32) -> i32 as app::Call>::call",
	               "<fn(i32) -> i32 as app::Call>::call"));
}

TEST("names: the standard libraries of C++ and Rust are known by their paths, not by what they "
     "return")
{
	static const char *const wrappers[] = {
		"malloc",
		"std::vector<int>::push_back(int const&)",
		"void std::swap<int>(int&, int&)",
		"__gnu_cxx::new_allocator<int>::allocate(unsigned long, void const*)",
		"operator new[](unsigned long)",
		"Chunk::operator new(unsigned long)",
		"<std::alloc::System as core::alloc::global::GlobalAlloc>::alloc",
		"__rustc::__rdl_alloc",
		"alloc::alloc::alloc",
		"<alloc::alloc::Global>::alloc_impl",
		"<alloc::raw_vec::RawVecInner>::with_capacity_in",
		"alloc::vec::Vec<T,A>::with_capacity_in",
		"<alloc::vec::Vec<app::Node> as core::clone::Clone>::clone",
		"alloc::fmt::format::format_inner",
		"<u32 as alloc::string::ToString>::to_string",
		"<[T] as alloc::slice::Join<U>>::join",
		"<&mut alloc::vec::Vec<u8> as std::io::Write>::write",
		"hashbrown::raw::RawTable<T>::reserve",
		"xmalloc",
		"jv_mem_alloc",
		"sqlite3DbStrDup",
		"sqlite3MemRealloc",
		"ngx_pcalloc",
		"os::malloc",
		"__GI___strdup",
		"__strndup",
		"my_lib_calloc",
		"uv__realloc",
		"xmlStrdup",
		NULL};
	static const char *const own[] = {"std::vector<int> build_row<int>(int)",
	                                  "std::string app::name()",
	                                  "main",
	                                  "app::std::f()",
	                                  "alloc::vec::Vec<u8> app::row<int>(int)",
	                                  "<app::Node as core::clone::Clone>::clone",
	                                  "<app::Node as alloc::string::ToString>::to_string",
	                                  "app::alloc::f",
	                                  "stdlib::f()",
	                                  "allocate_row",
	                                  "node_alloc",
	                                  "malloc_row",
	                                  "app::main::{closure#0}",
	                                  NULL};
	for (const char *const *f = wrappers; *f; f++)
		if (!wrappers_match(*f))
			CHECK(!*f); /* is a wrapper */
	for (const char *const *f = own; *f; f++)
		if (wrappers_match(*f))
			CHECK(!*f); /* is none */
}

TEST("names: a short name that stands for an endless one is cut")
{
	/* p<a, a> of the p before, thirty times: gigabytes when written out. */
	char mangled[1000] = "_Z1fI1pIiiE";
	for (unsigned i = 1; i < 31; i++) {
		char digit = (char)(i < 10 ? '0' + (int)i : 'A' + (int)i - 10);
		sprintf(mangled + strlen(mangled), "S0_IS%c_S%c_E", digit, digit);
	}
	strcat(mangled, "EvT_");
	char *shown = function_name_demangle(mangled);
	CHECK(shown && strlen(shown) == FUNCTION_NAME_MAX + 2 &&
	      !strcmp(shown + FUNCTION_NAME_MAX, ".."));
	free(shown);
	CHECK(function_name_demangle("plain_c_name") == NULL);
}
