/*
 * Compiles the same statement again for every row: tokens, expression nodes, a program and its
 * registers, some twenty blocks in all; runs it; destroys it.
 *
 * expect: finding kind=constructed-reuse function~statement_prepare
 * expect: only
 * expect.fix: no-finding kind=constructed-reuse
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 20000

struct token { struct token *next; int kind; char text[12]; };
struct op { int code, arg; };
struct statement { struct token *tokens; struct op *program; long *registers; char *name; int n; };

static __attribute__((noinline)) struct token *tokenize(const char *sql)
{
	struct token *first = NULL, **tail = &first;
	while (*sql) {
		size_t n = strcspn(sql, " ");
		struct token *t = calloc(1, sizeof *t);
		memcpy(t->text, sql, n < 11 ? n : 11);
		for (size_t i = 0; i < n; i++)
			t->kind = t->kind * 31 + sql[i];
		*tail = t;
		tail = &t->next;
		sql += n + (sql[n] == ' ');
	}
	return first;
}

static __attribute__((noinline)) struct op *compile(const struct token *t, int *n)
{
	struct op *program = malloc(32 * sizeof *program);
	for (*n = 0; t; t = t->next)
		program[(*n)++] = (struct op){t->kind % 5, t->kind % 7};
	return program;
}

static __attribute__((noinline)) struct statement *statement_prepare(const char *sql)
{
	struct statement *s = malloc(sizeof *s);
	s->tokens = tokenize(sql);
	s->program = compile(s->tokens, &s->n);
	s->registers = calloc(16, sizeof(long));
	s->name = strdup(sql);
	return s;
}

static long statement_run(struct statement *s, int row)
{
	for (int i = 0; i < s->n; i++)
		s->registers[i % 16] += (s->program[i].code + 1) * row + s->program[i].arg;
	return s->registers[3];
}

static void statement_free(struct statement *s)
{
	for (struct token *t = s->tokens, *next; t; t = next) {
		next = t->next;
		free(t);
	}
	free(s->program);
	free(s->registers);
	free(s->name);
	free(s);
}

int main(void)
{
	static const char sql[] = "insert into t values ( ? , ? , ? ) on conflict do update set n = n + 1";
	long sum = 0;
#ifdef FIX
	struct statement *s = statement_prepare(sql);
	for (int row = 0; row < ROWS; row++) {
		memset(s->registers, 0, 16 * sizeof(long));
		sum += statement_run(s, row);
	}
	statement_free(s);
#else
	for (int row = 0; row < ROWS; row++) {
		struct statement *s = statement_prepare(sql);
		sum += statement_run(s, row);
		statement_free(s);
	}
#endif
	printf("%ld\n", sum);
	return 0;
}
