# pooltrace_test(NAME LIMITS... COMMAND PROGRAM ARGS...): a test that records a program, and one that checks it.
#
#   include(pooltrace.cmake)
#   pooltrace_test(parser LIMITS --max-leaked 0 --max-allocs parse=1000 COMMAND parser_test)
find_program(POOLTRACE pooltrace REQUIRED)

function(pooltrace_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIMITS;COMMAND")
	set(trace ${CMAKE_CURRENT_BINARY_DIR}/${name}.trace)
	list(POP_FRONT arg_COMMAND program)
	if(TARGET ${program})
		set(program $<TARGET_FILE:${program}>)
	endif()
	add_test(NAME ${name} COMMAND ${POOLTRACE} record -q -f -o ${trace} -- ${program} ${arg_COMMAND})
	add_test(NAME ${name}.allocations COMMAND ${POOLTRACE} check ${arg_LIMITS} ${trace})
	set_tests_properties(${name} PROPERTIES FIXTURES_SETUP pooltrace.${name})
	set_tests_properties(${name}.allocations PROPERTIES FIXTURES_REQUIRED pooltrace.${name})
endfunction()
