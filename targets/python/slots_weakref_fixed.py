"""The nodes of slots_weakref_bad.py with slots that include the weak reference.

args: 80000
expect: none
"""

import sys
import weakref


class Node:
    __slots__ = ("number", "parent", "colour", "weight", "__weakref__")

    def __init__(self, number):
        self.number = number % 100
        self.parent = None
        self.colour = 1
        self.weight = 2


nodes = [Node(i) for i in range(int(sys.argv[1]))]
watched = [weakref.ref(node) for node in nodes[::2]]
print(sum(n.number for n in nodes), sum(1 for w in watched if w() is not None))
