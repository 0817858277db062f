"""A WeakKeyDictionary whose values lead back to their keys: nothing in it ever dies.

expect: finding kind=retained-by-cache class=Page evidence.instances=150
expect: only
"""

import weakref

STATE = weakref.WeakKeyDictionary()


class State:
    def __init__(self, page):
        self.page = page
        self.hits = 0


class Page:
    def __init__(self, number):
        self.number = number
        self.text = ["line %d/%d" % (number, i) for i in range(200)]
        STATE[self] = State(self)

    def hit(self):
        STATE[self].hits += 1
        return self.number


print(sum(Page(number).hit() for number in range(150)))
