"""lru_cache on an instance method, bounded or not: the cache's keys hold `self`, so instances live on in it.

The arguments: instances, cells of the table that each carries so that what lives on is worth a word, size of the
cache (0: without bound).

args: 2000 100 0
expect: finding kind=retained-by-cache class=SlowAdder evidence.function~SlowAdder.calculate evidence.instances=2000
expect: finding kind=retained-by-cache evidence.path~lru_cache
expect: only
expect: class name=SlowAdder built=2000 peak_live=2000
"""

import functools
import sys

from shared.records import count_instances

n_adders, n_cells, bound = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) or None


class SlowAdder:
    def __init__(self, offset):
        self.table = [offset] * n_cells

    @functools.lru_cache(maxsize=bound)
    def calculate(self, a, b):
        return a + b + self.table[0]


total = 0
for i in range(n_adders):
    adder = SlowAdder(i)
    total += adder.calculate(1, 2) + adder.calculate(3, 4) + adder.calculate(1, 2)
del adder
print(total, count_instances(SlowAdder))
