"""A plain dictionary as a cache that evicts its oldest entry: it is full, and stays that size.

args: 20000
expect: none
"""

import sys

CACHE_SIZE = 500
cache = {}


class Answer:
    def __init__(self, key):
        self.key = key
        self.text = "answer %d" % key


def lookup(key):
    answer = cache.get(key)
    if answer is None:
        if len(cache) >= CACHE_SIZE:
            del cache[next(iter(cache))]
        answer = cache[key] = Answer(key)
    return answer


print(sum(len(lookup(i * 7 % 3001).text) for i in range(int(sys.argv[1]))), len(cache))
