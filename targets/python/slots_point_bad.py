"""Two hundred thousand points with three coordinates, shared small integers: the wrapper is all there is.

args: 200000
expect: finding kind=slots verdict=win class=Point evidence.attributes=3 evidence.after_bytes=56
expect: only
"""

import sys


class Point:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z


points = [Point(i % 100, i % 7, 1) for i in range(int(sys.argv[1]))]
print(sum(p.x + p.y + p.z for p in points))
