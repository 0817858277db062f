"""Shared immutable values in a WeakValueDictionary: they go when nobody uses them.

args: 20000
expect: none
"""

import sys
import weakref


class Colour:
    _known = weakref.WeakValueDictionary()

    def __new__(cls, value):
        colour = cls._known.get(value)
        if colour is None:
            colour = super().__new__(cls)
            colour.value = value
            cls._known[value] = colour
        return colour


recent = [None] * 16
for i in range(int(sys.argv[1])):
    recent[i % 16] = Colour(i * 31 % 4096)
print(sum(c.value for c in recent), len(Colour._known))
