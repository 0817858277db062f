"""Exceptions as control flow, with tracebacks that tie frames into cycles now and then.

args: 20000
expect: none
"""

import sys


class NotThere(Exception):
    def __init__(self, key):
        super().__init__(key)
        self.key = key


def find(key):
    if key % 3 == 0:
        raise NotThere(key)
    return key


total = missing = 0
for i in range(int(sys.argv[1])):
    try:
        total += find(i)
    except NotThere as problem:
        missing += problem.key % 5
print(total, missing)
