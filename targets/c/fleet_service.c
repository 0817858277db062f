/*
 * A service of a fleet: handles argv[1] requests; every hundredth one waits a millisecond, as for a disk.  Each request
 * is parsed into a list of fields that is freed at once, and every tenth one opens a session that stays for the next 50.
 * This version forgets the reply of a request that fails, one in twenty, and copies each body twice.
 *
 * args: 2000
 * fix: yes
 * expect: site function=field_new live=0
 * expect.fix: site function=reply_new live=0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))
#define SESSIONS 50u

struct field {
	struct field *next;
	char name[24];
};

static char *sessions[SESSIONS];

static NOINLINE struct field *field_new(struct field *next, unsigned i)
{
	struct field *f = malloc(sizeof *f);
	f->next = next;
	snprintf(f->name, sizeof f->name, "field %u", i);
	return f;
}

static NOINLINE unsigned parse(unsigned request)
{
	struct field *list = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < 3 + request % 5; i++)
		list = field_new(list, i);
	while (list) {
		struct field *next = list->next;
		n += (unsigned)strlen(list->name);
		free(list);
		list = next;
	}
	return n;
}

static NOINLINE void session_open(unsigned request)
{
	char **slot = &sessions[request / 10 % SESSIONS];
	free(*slot);
	*slot = calloc(1, 700);
}

static NOINLINE char *body_copy(const char *text)
{
	char *copy = malloc(300);
	return strcpy(copy, text);
}

static NOINLINE char *reply_new(unsigned n)
{
	char *reply = malloc(96);
	snprintf(reply, 96, "%u", n);
	return reply;
}

static NOINLINE unsigned handle(unsigned request)
{
	char *body = body_copy("the body of a request");
#ifndef FIX
	char *again = body_copy(body);
	free(again);
#endif
	unsigned n = parse(request);
	char *reply = reply_new(n);

	if (request % 10 == 0)
		session_open(request);
	n = (unsigned)strlen(reply) + (unsigned)strlen(body);
	free(body);
#ifndef FIX
	if (request % 20 == 7)
		return n; /* failed: the reply is forgotten */
#endif
	free(reply);
	return n;
}

int main(int argc, char **argv)
{
	unsigned requests = argc > 1 ? (unsigned)atoi(argv[1]) : 2000, sum = 0;
	const struct timespec disk = {.tv_nsec = 1000000};

	for (unsigned i = 0; i < requests; i++) {
		sum += handle(i);
		if (i % 100 == 99)
			nanosleep(&disk, NULL);
	}
	for (unsigned i = 0; i < SESSIONS; i++)
		free(sessions[i]);
	printf("%u\n", sum);
	return 0;
}
