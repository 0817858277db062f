/* Texts for people; see text.h. */
#include "util/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define BUFFERS 16u
#define BUFFER_BYTES 48u

static char *buffer(void)
{
	static char ring[BUFFERS][BUFFER_BYTES];
	static unsigned next;
	return ring[next++ % BUFFERS];
}

/* Three figures that matter: 1.43, 14.3, 143. */
static int decimals(double v)
{
	return v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
}

static const char *scaled(double v, double step, const char *const *units, unsigned n)
{
	char *s = buffer();
	unsigned i = 0;
	double sign = v < 0 ? -1 : 1;
	for (v *= sign; i + 1 < n && v >= step * 0.9995; i++)
		v /= step;
	if (i == 0)
		snprintf(s, BUFFER_BYTES, "%.0f%s", sign * v, units[0]);
	else
		snprintf(s, BUFFER_BYTES, "%.*f%s", decimals(v), sign * v, units[i]);
	return s;
}

const char *short_bytes(double bytes)
{
	static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
	return scaled(bytes, 1024, units, 6);
}

const char *short_count(double n)
{
	static const char *const units[] = {"", " k", " M", " G", " T"};
	return scaled(n, 1000, units, 5);
}

const char *short_ns(double ns)
{
	static const char *const units[] = {" ns", " us", " ms", " s"};
	return scaled(ns, 1000, units, 4);
}

const char *full_count(uint64_t n)
{
	char digits[24], *s = buffer(), *to = s;
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ' ';
		*to++ = digits[i];
	}
	*to = 0;
	return s;
}

const char *short_percent(double share)
{
	char *s = buffer();
	double p = share * 100;
	snprintf(s, BUFFER_BYTES, p != 0 && p < 9.95 && p > -9.95 ? "%.1f %%" : "%.0f %%", p);
	return s;
}

/* Characters that nobody sees but that change how others are shown: Unicode's category Cf (bidirectional
 * overrides, marks of direction, zero-width ones, tags), line and paragraph separators, fillers. */
static bool is_format(uint32_t character)
{
	static const uint32_t ranges[][2] = {
		{0xad, 0xad},       {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},
		{0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},
		{0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
		{0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff9, 0xfffb},
		{0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};
	for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (character >= ranges[i][0] && character <= ranges[i][1])
			return true;

	return false;
}

static uint32_t utf8_character(const unsigned char *p, unsigned n)
{
	uint32_t character = *p & (0xffu >> (n + 1));
	for (unsigned i = 1; i < n; i++)
		character = character << 6 | (p[i] & 0x3f);
	return character;
}

/* Bytes of the UTF-8 character at p that is safe to print, 0 when it is none. */
static unsigned utf8_length(const unsigned char *p)
{
	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;
	unsigned n = *p >= 0xf0 && *p < 0xf5   ? 4
	             : *p >= 0xe0 && *p < 0xf0 ? 3
	             : *p >= 0xc2 && *p < 0xe0 ? 2
	                                       : 0;
	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;

	/* too long for what it says, surrogates, C1 controls, above Unicode */
	if ((n == 3 && *p == 0xe0 && p[1] < 0xa0) || (n == 3 && *p == 0xed && p[1] >= 0xa0) ||
	    (n == 4 && *p == 0xf0 && p[1] < 0x90) || (n == 4 && *p == 0xf4 && p[1] >= 0x90) ||
	    (n == 2 && *p == 0xc2 && p[1] < 0xa0))
		return 0;

	return n && !is_format(utf8_character(p, n)) ? n : 0;
}

static char *clean_but(const char *s, const char *keep)
{
	char *clean = mem_alloc(strlen(s) * 4 + 1), *to = clean;
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		unsigned n = strchr(keep, *p) ? 1 : utf8_length(p);
		if (n) {
			memcpy(to, p, n);
			to += n;
			p += n;
		} else {
			to += sprintf(to, "\\x%02x", *p++);
		}
	}

	*to = 0;
	return clean;
}

char *text_clean(const char *s)
{
	return clean_but(s, "");
}

char *text_clean_lines(const char *s)
{
	return clean_but(s, "\n\t");
}

void text_put(FILE *f, const char *s)
{
	char *clean = text_clean(s);
	fputs(clean, f);
	free(clean);
}

void text_put_markup(FILE *f, const char *s)
{
	char *clean = text_clean(s);

	for (const char *p = clean; *p; p++) {
		const char *entity = *p == '<'   ? "&lt;"
		                     : *p == '>' ? "&gt;"
		                     : *p == '&' ? "&amp;"
		                     : *p == '"' ? "&quot;"
		                                 : NULL;
		if (entity)
			fputs(entity, f);
		else
			putc(*p, f);
	}
	free(clean);
}

/* Length of the operator's own sign at p ("operator<<", "operator->", "operator()"), 0 when p is none. */
static size_t operator_length(const char *p)
{
	static const char *const signs[] = {
		"<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "<", ">", NULL};
	if (strncmp(p, "operator", 8) != 0)
		return 0;
	for (const char *const *s = signs; *s; s++)
		if (strncmp(p + 8, *s, strlen(*s)) == 0)
			return 8 + strlen(*s);
	return 0;
}

/* A copy with ".." in place of what stands between the outermost pairs of open and close. */
static char *collapse(const char *name, char open, char close)
{
	char *copy = mem_alloc(3 * strlen(name) + 1), *to = copy;
	int depth = 0;

	for (const char *p = name; *p; p++) {
		size_t n = depth ? 0 : operator_length(p);
		if (n) {
			to = mempcpy(to, p, n);
			p += n - 1;
			continue;
		}
		bool arrow = *p == '>' && p > name && p[-1] == '-';
		if (*p == close && depth && !arrow && --depth == 0)
			to = stpcpy(to, p[-1] == open ? "" : "..");
		if (!depth)
			*to++ = *p;
		depth += *p == open;
	}

	*to = 0;
	return copy;
}

char *text_short_function(const char *function, size_t room)
{
	char *name = mem_strdup(function);
	for (const char *pair = "<>()"; *pair && strlen(name) > room; pair += 2) {
		char *shorter = collapse(name, pair[0], pair[1]);
		free(name);
		name = shorter;
	}
	return name;
}

static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);

	if (strlen(a) > 64 || n > 64)
		return 99;
	unsigned row[66];
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}

	return row[n];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(word) / 3 + 2;
	for (; *candidates; candidates++) {
		unsigned d = distance(word, *candidates);
		if (d < least) {
			least = d;
			best = *candidates;
		}
	}
	return best;
}
