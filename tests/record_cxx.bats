# C++: operator new in all its forms, exceptions, names.

load helpers/common

@test "cxx: containers are counted" {
	expect_target containers
}

@test "cxx: exceptions pass, also in threads" {
	expect_target exceptions
}

@test "cxx: each form of operator new and delete" {
	expect_target operator_new
}

@test "cxx: a program with its own operator new" {
	expect_target own_new
}

@test "cxx: a plug-in throws to itself and to the program" {
	expect_target catches_plugin
}

@test "cxx: shared pointers and futures over threads" {
	expect_target shared_threads
}

@test "cxx: templates and constructors are demangled" {
	expect_target templates
}

@test "symbols: sites are named after the caller of a wrapper" {
	expect_target wrapped_alloc
}

@test "symbols: an inlined caller is a frame with its own line" {
	expect_target inlined_caller
}
