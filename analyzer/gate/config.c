/* See config.h. */
#include "gate/config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/mem.h"

struct config {
	const char *path;
	unsigned line;
	int (*take)(void *context, const char *name, const char *value);
	void *context;
};

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

static bool is_end(const char *p)
{
	p = skip_blanks(p);
	return !*p || *p == '#';
}

static int wrong(const struct config *c, const char *what)
{
	return error("'%s' line %u: %s", c->path, c->line, what);
}

/* A string between quotes into `value`, to be freed; after it, or NULL. */
static const char *read_string(const char *p, char **value)
{
	char quote = *p++, *to = *value = mem_alloc(strlen(p) + 1);

	for (; *p && *p != quote; p++) {
		if (*p == '\\' && quote == '"') {
			p++;
			if (*p != '"' && *p != '\\')
				return NULL;
		}
		*to++ = *p;
	}
	*to = 0;
	return *p == quote ? p + 1 : NULL;
}

/* A bare value up to a comma, a bracket, a comment. */
static const char *read_bare(const char *p, char **value)
{
	size_t n = strcspn(p, ",]# \t\r\n");
	*value = mem_printf("%.*s", (int)n, p);
	return n ? p + n : NULL;
}

static int give(const struct config *c, const char *name, const char *value, bool is_bare)
{
	if (is_bare && !strcmp(value, "false"))
		return 0;
	return c->take(c->context, name, is_bare && !strcmp(value, "true") ? NULL : value);
}

/* One value; *end: after it. */
static int read_value(const struct config *c, const char *name, const char *p, const char **end)
{
	char *value = NULL;
	bool is_bare = *p != '"' && *p != '\'';

	*end = is_bare ? read_bare(p, &value) : read_string(p, &value);
	int result = *end ? give(c, name, value, is_bare) : wrong(c, "cannot read the value");
	free(value);
	return result;
}

static int read_array(const struct config *c, const char *name, const char *p, const char **end)
{
	for (p = skip_blanks(p + 1); *p != ']'; p = skip_blanks(p)) {
		if (read_value(c, name, p, &p) < 0)
			return -1;
		p = skip_blanks(p);
		if (*p == ',')
			p++;
		else if (*p != ']')
			return wrong(c, "expected , or ] in the array, all on one line");
	}
	*end = p + 1;
	return 0;
}

static int read_assignment(const struct config *c, const char *p)
{
	size_t n = 0;
	while (isalnum((unsigned char)p[n]) || p[n] == '-' || p[n] == '_')
		n++;
	const char *equals = skip_blanks(p + n), *end;
	if (!n || *equals != '=')
		return wrong(c, "expected KEY = VALUE");

	char *name = mem_printf("%.*s", (int)n, p);
	const char *value = skip_blanks(equals + 1);
	int result = *value == '[' ? read_array(c, name, value, &end)
	                           : read_value(c, name, value, &end);
	if (result == 0 && !is_end(end))
		result = wrong(c, "nothing may follow the value");
	free(name);
	return result;
}

/* True if the line names this table; its brackets are looked at. */
static int read_table(const struct config *c, const char *p, const char *table, bool *is_ours)
{
	size_t n = strcspn(p, "]");
	const char *name = skip_blanks(p + 1);
	size_t n_name = strcspn(name, " \t]");

	*is_ours = n_name == strlen(table) && !strncmp(name, table, n_name);
	return p[n] == ']' && (is_end(p + n + 1) || p[n + 1] == ']') ? 0
	                                                             : wrong(c, "expected [TABLE]");
}

int config_read(const char *path, const char *table,
                int (*take)(void *context, const char *name, const char *value), void *context)
{
	struct config c = {.path = path, .take = take, .context = context};
	char *line = NULL;
	size_t room = 0;
	bool is_ours = false;
	int result = 0;
	FILE *f = fopen(path, "re");

	if (!f)
		return error_errno("cannot open '%s'", path);
	while (result == 0 && getline(&line, &room, f) >= 0) {
		const char *p = skip_blanks(line);
		c.line++;
		if (*p == '[')
			result = read_table(&c, p, table, &is_ours);
		else if (is_ours && !is_end(p))
			result = read_assignment(&c, p);
	}
	free(line);
	fclose(f);
	return result;
}
