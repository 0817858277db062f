/*
 * A balanced binary tree of 1023 nodes with names by strdup; the left half is freed.
 *
 * expect: site function=node_new line=19 allocs=1023 frees=511 bytes=24552 live=12288 peak=24552
 * expect: total allocs=2046 frees=1022
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "target.h"

struct node {
	struct node *left, *right;
	char *name;
};

static NOINLINE struct node *node_new(unsigned id)
{
	struct node *n = keep(malloc(sizeof(*n)));
	char name[16];

	snprintf(name, sizeof(name), "node-%u", id);
	n->name = keep(strdup(name));
	return n;
}

static NOINLINE struct node *tree_build(unsigned id, int depth)
{
	struct node *n = node_new(id);

	n->left = depth > 1 ? tree_build(id * 2, depth - 1) : NULL;
	n->right = depth > 1 ? tree_build(id * 2 + 1, depth - 1) : NULL;
	return n;
}

static NOINLINE void tree_free(struct node *n)
{
	if (!n)
		return;
	tree_free(n->left);
	tree_free(n->right);
	free(n->name);
	free(n);
}

int main(void)
{
	struct node *root = tree_build(1, 10);

	tree_free(root->left);
	root->left = NULL;
	keep(root);
	return 0;
}
