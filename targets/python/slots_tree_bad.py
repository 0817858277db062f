"""Leaves of three trees that a base makes special: an abstract one, a generic one, one whose metaclass keeps a list.

None of the bases decides about the attributes of an instance, so slots pay in each.

args: 30000
expect: finding kind=slots class=Circle evidence.attributes=3
expect: finding kind=slots class=Box evidence.attributes=2
expect: finding kind=slots class=Token evidence.attributes=3 evidence.pitfall_metaclass~Registry
expect: only
"""

import abc
import sys
import typing

T = typing.TypeVar("T")


class Shape(abc.ABC):
    __slots__ = ()

    @abc.abstractmethod
    def area(self):
        pass


class Circle(Shape):
    def __init__(self, x, y, r):
        self.x = x
        self.y = y
        self.r = r

    def area(self):
        return 3 * self.r * self.r


class Box(typing.Generic[T]):
    def __init__(self, item: T, label):
        self.item = item
        self.label = label


class Registry(type):
    known = []

    def __new__(mcs, name, bases, namespace):
        cls = super().__new__(mcs, name, bases, namespace)
        mcs.known.append(cls)
        return cls


class Token(metaclass=Registry):
    def __init__(self, kind, line, column):
        self.kind = kind
        self.line = line
        self.column = column


n = int(sys.argv[1])
shapes = [Circle(i % 90, i % 80, i % 7) for i in range(2 * n)]
boxes = [Box(i % 50, "b") for i in range(3 * n)]
tokens = [Token("word", i % 200, i % 80) for i in range(3 * n)]
print(sum(s.area() for s in shapes), sum(b.item for b in boxes), sum(t.line for t in tokens), len(Registry.known))
