/* See json_stream.h. */
#include "report/json_stream.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"
#include "util/text.h"

/* ---- scalars ---- */

static void json_stream_put_number(FILE *f, uint64_t value)
{
	char digits[24], *at = digits + sizeof digits;
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	fwrite_unlocked(at, 1, (size_t)(digits + sizeof digits - at), f);
}

static void put_escaped(FILE *f, const char *s, size_t n)
{
	putc_unlocked('"', f);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			putc_unlocked('\\', f);
		putc_unlocked(s[i], f);
	}
	putc_unlocked('"', f);
}

/* Comma and key before a value. */
static void put_key(struct json_stream *j, const char *key)
{
	if (j->more[j->depth])
		putc_unlocked(',', j->f);
	j->more[j->depth] = true;
	if (key) {
		put_escaped(j->f, key, strlen(key));
		putc_unlocked(':', j->f);
	}
}

void json_begin(struct json_stream *j, const char *key, char bracket)
{
	BUG_ON(j->depth + 1 >= JSON_DEPTH);
	put_key(j, key);
	putc_unlocked(bracket, j->f);
	j->more[++j->depth] = false;
}

void json_end(struct json_stream *j, char bracket)
{
	putc_unlocked(bracket, j->f);
	j->depth--;
}

void json_count(struct json_stream *j, const char *key, uint64_t value)
{
	put_key(j, key);
	json_stream_put_number(j->f, value);
}

/* A cut must not split a character. */
static size_t whole_characters(const char *s, size_t n)
{
	while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void json_text(struct json_stream *j, const char *key, const char *text, size_t room)
{
	char *clean = text_clean(text);
	size_t n = strlen(clean);
	put_key(j, key);
	if (room && n > room) {
		char *cut = mem_printf("%.*s...", (int)whole_characters(clean, room), clean);
		put_escaped(j->f, cut, strlen(cut));
		free(cut);
	} else {
		put_escaped(j->f, clean, n);
	}
	free(clean);
}

void json_part(struct json_stream *j, const char *key, cJSON *item)
{
	char *text = cJSON_PrintUnformatted(item);
	if (!text)
		die(EXIT_FAILED, "out of memory");
	put_key(j, key);
	fputs(text, j->f);
	free(text);
	cJSON_Delete(item);
}

/* ---- columns ---- */

static void put_dense(struct json_stream *j, uint32_t n, json_value *value, const void *context)
{
	putc_unlocked('[', j->f);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			putc_unlocked(',', j->f);
		json_stream_put_number(j->f, value(context, i));
	}
	putc_unlocked(']', j->f);
}

static void put_sparse(struct json_stream *j, uint32_t n, json_value *value, const void *context)
{
	uint32_t last = 0;

	fputs("{\"rows\":[", j->f);
	const char *comma = "";
	for (uint32_t i = 0; i < n; i++) {
		if (!value(context, i))
			continue;
		fputs(comma, j->f);
		json_stream_put_number(j->f, i - last);
		last = i;
		comma = ",";
	}

	fputs("],\"values\":[", j->f);
	comma = "";
	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = value(context, i);
		if (!x)
			continue;
		fputs(comma, j->f);
		json_stream_put_number(j->f, x);
		comma = ",";
	}

	fputs("]}", j->f);
}

void json_column(struct json_stream *j, const char *key, uint32_t n, json_value *value,
                 const void *context)
{
	uint32_t n_set = 0, n_first = 0;
	uint64_t first = n ? value(context, 0) : 0;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = value(context, i);
		n_set += x != 0;
		n_first += x == first;
	}

	put_key(j, key);
	if (n > 1 && n_first == n)
		json_stream_put_number(j->f, first);
	else if (n_set < (n + 1) / 2)
		put_sparse(j, n, value, context);
	else
		put_dense(j, n, value, context);
}
