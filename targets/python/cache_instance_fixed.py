"""A cache for each instance: it dies with its instance, though only the collector can free the pair.

args: 2000 100
expect: no-finding kind=retained-by-cache
expect: finding kind=collected-only verdict=info class=SlowAdder evidence.cache~lru_cache
expect: only
"""

import functools
import sys

from shared.records import count_instances

n_adders, n_cells = int(sys.argv[1]), int(sys.argv[2])


class SlowAdder:
    def __init__(self, offset):
        self.table = [offset] * n_cells
        self.calculate = functools.lru_cache(maxsize=None)(self._calculate)

    def _calculate(self, a, b):
        return a + b + self.table[0]


total = 0
for i in range(n_adders):
    adder = SlowAdder(i)
    total += adder.calculate(1, 2) + adder.calculate(3, 4) + adder.calculate(1, 2)
del adder
print(total, count_instances(SlowAdder))
