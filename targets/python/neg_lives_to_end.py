"""An index of slotted entries, built at the start and used to the end by design.

args: 50000
expect: none
"""

import sys


class Entry:
    __slots__ = ("key", "weight")

    def __init__(self, key, weight):
        self.key = key
        self.weight = weight


index = {i: Entry(i, i % 9) for i in range(int(sys.argv[1]))}
total = 0
for _ in range(5):
    for key in range(0, len(index), 3):
        total += index[key].weight
print(total)
