# find_package(pooltrace) brings
#
#   pooltrace::pooltrace   target with the header pooltrace.h; nothing is linked
#   pooltrace_COMMAND      path of the command, or pooltrace_COMMAND-NOTFOUND
#   pooltrace_add_test(NAME name COMMAND program [args...] CHECK limits...)
#                          a test that records the program, and one, name.check, that holds the trace against
#                          limits of `pooltrace check`
get_filename_component(_pooltrace_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET pooltrace::pooltrace)
	add_library(pooltrace::pooltrace INTERFACE IMPORTED)
	set_target_properties(pooltrace::pooltrace PROPERTIES
		INTERFACE_INCLUDE_DIRECTORIES "${_pooltrace_prefix}/include")
endif()
find_program(pooltrace_COMMAND pooltrace HINTS "${_pooltrace_prefix}/bin")
unset(_pooltrace_prefix)

function(pooltrace_add_test)
	cmake_parse_arguments(ARG "" "NAME" "COMMAND;CHECK" ${ARGN})
	if(NOT ARG_NAME OR NOT ARG_COMMAND OR ARG_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "pooltrace_add_test(NAME name COMMAND program [args...] [CHECK limits...])")
	endif()
	if(NOT pooltrace_COMMAND)
		message(FATAL_ERROR "pooltrace_add_test: the command pooltrace is not installed")
	endif()

	list(GET ARG_COMMAND 0 program)
	if(TARGET ${program})
		list(REMOVE_AT ARG_COMMAND 0)
		list(INSERT ARG_COMMAND 0 "$<TARGET_FILE:${program}>")
	endif()
	set(trace "${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME}.trace")
	add_test(NAME ${ARG_NAME}
		COMMAND "${pooltrace_COMMAND}" record --quiet --force -o "${trace}" -- ${ARG_COMMAND})
	if(ARG_CHECK)
		add_test(NAME ${ARG_NAME}.check COMMAND "${pooltrace_COMMAND}" check ${ARG_CHECK} "${trace}")
		set_tests_properties(${ARG_NAME} PROPERTIES FIXTURES_SETUP "pooltrace.${ARG_NAME}")
		set_tests_properties(${ARG_NAME}.check PROPERTIES FIXTURES_REQUIRED "pooltrace.${ARG_NAME}")
	endif()
endfunction()
