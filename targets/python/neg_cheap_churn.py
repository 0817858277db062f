"""Small objects made and dropped by the hundred thousand: the interpreter's free lists and pools do that already.

args: 200000
expect: none
"""

import sys


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, other):
        return Vector(self.x + other.x, self.y + other.y)


position, step = Vector(0, 0), Vector(1, 2)
for _ in range(int(sys.argv[1])):
    position = position.add(step)
print(position.x, position.y)
