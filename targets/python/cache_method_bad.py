"""lru_cache on an instance method, bounded: the cache's keys hold `self`, so instances live on in it.

The arguments: instances, size of the cache (0: without bound). Each adder carries a table of its own, so that
what lives on is worth a word.

args: 2000 0
expect: finding kind=retained-by-cache class=SlowAdder evidence.function~SlowAdder.calculate evidence.instances=2000
expect: finding kind=retained-by-cache evidence.path~lru_cache
expect: only
expect: class name=SlowAdder built=2000 peak_live=2000
"""

import functools
import sys

from shared.records import count_instances

n_adders, bound = int(sys.argv[1]), int(sys.argv[2]) or None


class SlowAdder:
    def __init__(self, offset):
        self.table = [offset] * 100

    @functools.lru_cache(maxsize=bound)
    def calculate(self, a, b):
        return a + b + self.table[0]


total = 0
for i in range(n_adders):
    adder = SlowAdder(i)
    total += adder.calculate(1, 2) + adder.calculate(3, 4) + adder.calculate(1, 2)
del adder
print(total, count_instances(SlowAdder))
