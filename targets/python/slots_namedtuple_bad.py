"""A subclass of a named tuple without `__slots__ = ()`: each instance has room for a dictionary that nothing uses.

args: 200000
expect: finding kind=slots class=Point title~"slots__ = "
expect: only
"""

import collections
import sys


class Point(collections.namedtuple("Point", "x y")):
    def norm(self):
        return self.x * self.x + self.y * self.y


points = [Point(i % 100, i % 7) for i in range(int(sys.argv[1]))]
print(sum(p.norm() for p in points))
