"""lru_cache on a module function of numbers: no instance is in its keys.

args: 30000
expect: none
"""

import functools
import sys


@functools.lru_cache(maxsize=256)
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


print(sum(collatz(1 + i % 400) for i in range(int(sys.argv[1]))))
