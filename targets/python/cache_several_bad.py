"""Instances in the keys of several caches at once: two of functools, two of a decorator of the program's own; in those
of a dictionary of their class, in which they look up what they have computed; and of an object that stands for a
method.

No single cache retains them, all together do.

args: 900
expect: finding kind=retained-by-cache class=Report evidence.instances>=200
expect: finding kind=retained-by-cache class=Outline evidence.instances>=200
expect: finding kind=retained-by-cache class=Route evidence.instances>=200
expect: finding kind=retained-by-cache class=Shape evidence.instances>=200
expect: only
"""

import functools
import sys


def remembered(function):
    answers = {}

    @functools.wraps(function)
    def inner(*arguments):
        if arguments not in answers:
            answers[arguments] = function(*arguments)
        return answers[arguments]

    return inner


class Memoized:
    def __init__(self, function):
        self.function = function
        self.known = {}

    def __call__(self, *arguments):
        if arguments not in self.known:
            self.known[arguments] = self.function(*arguments)
        return self.known[arguments]

    def __get__(self, instance, owner=None):
        return functools.partial(self, instance)


class Report:
    def __init__(self, number):
        self.rows = ["row %d of %d" % (i, number) for i in range(60)]

    @functools.lru_cache(maxsize=None)
    def width(self):
        return max(map(len, self.rows))

    @functools.lru_cache(maxsize=4096)
    def total(self, factor):
        return sum(map(len, self.rows)) * factor


class Outline:
    def __init__(self, number):
        self.points = [(i * 0.5, number * 0.25) for i in range(60)]

    @remembered
    def length(self):
        return sum(a for a, _ in self.points)

    @remembered
    def height(self):
        return sum(b for _, b in self.points)


class Route:
    weighed = {}

    def __init__(self, number):
        self.stops = ["stop %d.%d" % (number, i) for i in range(60)]

    def weight(self):
        if self not in Route.weighed:
            Route.weighed[self] = sum(map(len, self.stops)) * 1.5
        return Route.weighed[self]


class Shape:
    def __init__(self, number):
        self.corners = [(i * 0.5, number * 0.25) for i in range(60)]

    @Memoized
    def area(self, factor):
        return sum(a * b for a, b in self.corners) * factor


total = 0
for n in range(int(sys.argv[1])):
    report, outline, route, shape = Report(n), Outline(n), Route(n), Shape(n)
    total += report.width() + report.total(2) + outline.length() + outline.height()
    total += route.weight() + route.weight() + shape.area(2)
print(total)
