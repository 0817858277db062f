"""Two long-lived grammars whose answers an lru_cache on their method keeps: what grows is the cache, not they.

The arguments: texts, rules of a grammar.  No instance lives on for the cache, so it is no such finding either.

args: 3000 40
expect: finding kind=already-pooled verdict=info class=Grammar
expect: only
"""

import functools
import sys

n_texts, n_rules = (int(a) for a in sys.argv[1:3])


class Grammar:
    def __init__(self, name):
        self.name = name
        self.rules = {"rule_%d" % i: [name, i, "limit_%d" % i] for i in range(n_rules)}

    @functools.lru_cache(maxsize=4096)
    def parse(self, number):
        rule = self.rules["rule_%d" % (number % n_rules)]
        return {"number": number, "rule": rule, "words": [number + 1000, str(number)]}

    def handle(self, number):
        return len(self.parse(number)["words"])


grammars = [Grammar("first"), Grammar("second")]
print(sum(grammars[i % 2].handle(i) for i in range(n_texts)))
