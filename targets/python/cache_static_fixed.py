"""lru_cache below a staticmethod: the key is the arguments, no instance is held.

args: 2000 100
expect: none
expect: class name=SlowAdder built=2000 peak_live<=2
"""

import functools
import sys

from shared.records import count_instances

n_adders, n_cells = int(sys.argv[1]), int(sys.argv[2])


class SlowAdder:
    def __init__(self, number):
        self.table = [number] * n_cells

    @staticmethod
    @functools.lru_cache(maxsize=128)
    def calculate(a, b):
        return a + b


total = 0
for i in range(n_adders):
    adder = SlowAdder(i)
    total += adder.calculate(i, 2) + adder.calculate(1, 2)
del adder
print(total, count_instances(SlowAdder))
