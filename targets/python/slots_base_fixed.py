"""The points of slots_base_bad.py, slotted down to the base.

args: 60000
expect: none
"""

import sys


class Shape:
    __slots__ = ()

    def area(self):
        return 0


class Marker(Shape):
    __slots__ = ("x", "y", "label")

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.label = None


markers = [Marker(i % 100, i % 7) for i in range(int(sys.argv[1]))]
print(sum(m.x + m.y for m in markers))
