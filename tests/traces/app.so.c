/*
 * Code for traces that are written by hand: a frame of such a trace may name one of these functions, and
 * has its name, file and line in the report.  Nothing here is ever called.
 */
#define FUNCTION(name)   \
	void name(void); \
	void name(void)  \
	{                \
	}

FUNCTION(app_main)
FUNCTION(make_node)
FUNCTION(drop_node)
FUNCTION(read_line)
FUNCTION(parse_document)
FUNCTION(parse_word)
FUNCTION(parse_number)
FUNCTION(drop_document)
FUNCTION(open_session)
FUNCTION(session_name)
FUNCTION(session_buffer)
FUNCTION(close_session)
FUNCTION(produce)
FUNCTION(consume)
FUNCTION(compile_pattern)
FUNCTION(pattern_node)
FUNCTION(pattern_table)
FUNCTION(pattern_text)
FUNCTION(pattern_groups)
FUNCTION(drop_pattern)
FUNCTION(handle_request)
FUNCTION(request_error)
FUNCTION(cache_insert)
FUNCTION(append_sample)
FUNCTION(load_table)
FUNCTION(keep_entry)
FUNCTION(fill_image)
FUNCTION(xalloc)
FUNCTION(xfree)
FUNCTION(place_a)
FUNCTION(place_b)
FUNCTION(place_c)
FUNCTION(place_d)
FUNCTION(place_e)
FUNCTION(place_f)
FUNCTION(place_g)
FUNCTION(place_h)
FUNCTION(worker)
