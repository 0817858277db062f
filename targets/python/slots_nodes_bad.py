"""Twenty node classes of one tree, of which each saves little: together slots are worth it.

args: 3000
expect: finding kind=slots title~"Node and its subclasses" evidence.classes=20
"""

import sys


class Node:
    def __init__(self, line, column):
        self.line = line
        self.column = column


SOURCE = "class N{0:02d}(Node):\n    def __init__(self, line, column, left):\n        super().__init__(line, column)\n" \
         "        self.left = left\n"
for i in range(20):
    exec(SOURCE.format(i))
classes = [globals()["N%02d" % i] for i in range(20)]
tree = [cls(i % 200, i % 80, None) for i in range(int(sys.argv[1])) for cls in classes]
print(len(tree))
