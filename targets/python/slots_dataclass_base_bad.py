"""A dataclass on a dataclass: both want `slots=True`, and the base first.

args: 60000
expect: finding kind=slots class=Circle evidence.pitfall_dataclass~. evidence.pitfall_base~Shape advice~Shape advice~does.both
expect: only
"""

import sys
from dataclasses import dataclass


@dataclass
class Shape:
    x: int
    y: int


@dataclass
class Circle(Shape):
    radius: int


circles = [Circle(i % 100, i % 7, 3) for i in range(int(sys.argv[1]))]
print(sum(c.x * c.radius for c in circles))
