"""The points of slots_point_bad.py with `__slots__`.

args: 200000
expect: none
"""

import sys


class Point:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z


points = [Point(i % 100, i % 7, 1) for i in range(int(sys.argv[1]))]
print(sum(p.x + p.y + p.z for p in points))
