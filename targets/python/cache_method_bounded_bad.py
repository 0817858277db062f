"""The same with the cache's default bound: the last 128 answers keep their instances.

args: 2000 2000
expect: finding kind=retained-by-cache class=SlowAdder evidence.function~SlowAdder.calculate evidence.instances=128
expect: only
expect: class name=SlowAdder built=2000 peak_live<=130
"""

import functools
import sys

from shared.records import count_instances

n_adders, n_cells = int(sys.argv[1]), int(sys.argv[2])


class SlowAdder:
    def __init__(self, offset):
        self.table = [offset] * n_cells

    @functools.lru_cache()
    def calculate(self, a, b):
        return a + b + self.table[0]


total = 0
for i in range(n_adders):
    adder = SlowAdder(i)
    total += adder.calculate(1, 2) + adder.calculate(1, 2)
del adder
print(total, count_instances(SlowAdder))
