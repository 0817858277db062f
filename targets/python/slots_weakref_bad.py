"""Nodes that a cache refers to weakly: slots must keep a place for the weak reference.

args: 80000
expect: finding kind=slots class=Node evidence.pitfall_weakref>=1 sketch~__weakref__
expect: only
"""

import sys
import weakref


class Node:
    def __init__(self, number):
        self.number = number % 100
        self.parent = None
        self.colour = 1
        self.weight = 2


nodes = [Node(i) for i in range(int(sys.argv[1]))]
watched = [weakref.ref(node) for node in nodes[::2]]
print(sum(n.number for n in nodes), sum(1 for w in watched if w() is not None))
