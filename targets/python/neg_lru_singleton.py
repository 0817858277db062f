"""lru_cache on a method of an object that is alive for the whole run anyway, held by a module variable.

args: 20000
expect: none
"""

import functools
import sys


class Catalogue:
    def __init__(self):
        self.prices = {i: i * 3 for i in range(20000)}

    @functools.lru_cache(maxsize=64)
    def price(self, item, amount):
        return self.prices[item] * amount


catalogue = Catalogue()
print(sum(catalogue.price(i % 40, 2) for i in range(int(sys.argv[1]))))
