"""Points whose base class has no `__slots__`: adding them to the points alone would be in vain.

args: 60000
expect: finding kind=slots class=Marker evidence.pitfall_base~Shape advice~Shape
expect: only
"""

import sys


class Shape:
    def area(self):
        return 0


class Marker(Shape):
    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.label = None


markers = [Marker(i % 100, i % 7) for i in range(int(sys.argv[1]))]
print(sum(m.x + m.y for m in markers))
