/*
 * A service that parses one document after another into a tree of nodes and strings, reads it and
 * frees it node by node.  Nothing of a document outlives it.
 *
 * expect: finding kind=region function~parse_document
 * expect: only
 * expect.fix: no-finding kind=region
 * fix: yes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../pools.h"

#define DOCUMENTS 120
#define MEMBERS 800

struct node {
	struct node *next, *child;
	char *key;
	double number;
};

#ifdef FIX
ARENA(document, 45056)
#define document_free(p) ((void)(p))
#else
static inline void *document_get(size_t n) { return malloc(n); }
static inline void document_free(void *p) { free(p); }
#endif

static __attribute__((noinline)) struct node *node_new(void)
{
	struct node *n = document_get(sizeof *n);
	n->next = n->child = NULL;
	n->key = NULL;
	return n;
}

static __attribute__((noinline)) char *key_copy(const char *s, size_t n)
{
	char *k = document_get(n + 1);
	memcpy(k, s, n);
	k[n] = 0;
	return k;
}

static const char *parse_member(const char *s, struct node **out)
{
	size_t n = strcspn(s, ":");
	struct node *m = node_new();
	m->key = key_copy(s, n);
	s += n + 1;
	m->number = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		m->number = m->number * 10 + (*s - '0');
	*out = m;
	return s + (*s == ',');
}

static __attribute__((noinline)) struct node *parse_document(const char *s)
{
	struct node *root = node_new(), **tail = &root->child;
	while (*s) {
		s = parse_member(s, tail);
		tail = &(*tail)->next;
	}
	return root;
}

static double document_sum(const struct node *n)
{
	double sum = 0;
	for (n = n->child; n; n = n->next)
		sum += n->number + (double)strlen(n->key);
	return sum;
}

static void document_done(struct node *root)
{
#ifdef FIX
	(void)root;
	document_reset();
#else
	for (struct node *n = root->child, *next; n; n = next) {
		next = n->next;
		document_free(n->key);
		document_free(n);
	}
	document_free(root);
#endif
}

int main(void)
{
	static char text[MEMBERS * 48];
	double sum = 0;
	for (int d = 0; d < DOCUMENTS; d++) {
		char *p = text;
		for (int i = 0; i < MEMBERS; i++)
			p += sprintf(p, "%.*s%d:%d,", 1 + i % 23, "member-of-a-longer-name", i, i * d % 997);
		for (int again = 0; again < 3; again++) {
			struct node *root = parse_document(text);
			sum += document_sum(root);
			document_done(root);
		}
	}
	printf("%.0f\n", sum);
	return 0;
}
