# Marks and regions that a program announces through pooltrace.h.
load helpers/common

marks_of() {
	"$POOLTRACE" dump "$1" | grep -oE '(mark|region|region-end) +[^ ].*'
}

@test "annotations: marks and regions are in the trace, in order, names cut at a character" {
	record announced
	diff - <(marks_of "$TRACE" | tr -s ' ') <<-'EOF'
		mark ready
		region 1 serve
		region 2 load of a name that is far too long for the record, cut at ää
		region-end 2
		region-end 1
		mark done
	EOF
}

@test "annotations: without the library, and with recording off, they do nothing and keep errno" {
	assert_same_output announced
	[ "$(LD_PRELOAD=$(preload_library) POOLTRACE_OFF=1 "$BUILD/targets/c/announced")" = "errno kept" ]
}
