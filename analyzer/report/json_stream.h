/*
 * JSON written as a stream: nothing is kept but the nesting, so memory does not grow with the output.
 *
 * In an object each value has a key, in an array key is NULL.  Small parts may come as a cJSON tree.
 * A column is an array of numbers, one for each row.  Where all are equal it is that number; where most
 * are 0 it is an object, {"rows": [...], "values": [...]}: the rows that are not 0, each as the
 * difference from the one before (the first from 0), and their values.
 */
#ifndef PT_REPORT_JSON_STREAM_H
#define PT_REPORT_JSON_STREAM_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 16u

struct json_stream {
	FILE *f;
	unsigned depth;
	bool more[JSON_DEPTH]; /* at this depth something has been written */
};

void json_begin(struct json_stream *j, const char *key, char bracket);
void json_end(struct json_stream *j, char bracket);
void json_count(struct json_stream *j, const char *key, uint64_t value);
/* Made safe to print (text_clean()) and escaped; at most `room` bytes of it, 0: all. */
void json_text(struct json_stream *j, const char *key, const char *text, size_t room);
/* Takes ownership of the item. */
void json_part(struct json_stream *j, const char *key, cJSON *item);

/* Value of one row of a column. */
typedef uint64_t json_value(const void *context, uint32_t row);
void json_column(struct json_stream *j, const char *key, uint32_t n, json_value *value,
                 const void *context);

#endif
