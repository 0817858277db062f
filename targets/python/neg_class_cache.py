"""A class-level dictionary as a cache with a bound: class-level and mutable, but it does not grow.

args: 20000
expect: none
"""

import collections
import sys


class Resolver:
    _recent = collections.OrderedDict()

    def resolve(self, name):
        answer = self._recent.pop(name, None) or {"name": name, "address": name * 3 % 255}
        self._recent[name] = answer
        while len(self._recent) > 64:
            self._recent.popitem(last=False)
        return answer["address"]


print(sum(Resolver().resolve(i * 13 % 997) for i in range(int(sys.argv[1]))))
