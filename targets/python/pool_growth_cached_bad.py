"""Two long-lived grammars with a small lru_cache on a method, that remember every text: it is they that grow.

The arguments: texts, rules of a grammar.

args: 3000 40
expect: finding kind=pooled-state-growth class=Grammar function~handle
expect: only
"""

import functools
import sys

from shared.grammar import Rules

n_texts, n_rules = (int(a) for a in sys.argv[1:3])


class Grammar(Rules):
    def __init__(self, name):
        super().__init__(name, n_rules)
        self.seen = []

    @functools.lru_cache(maxsize=2)
    def width(self, number):
        return len(self.rules["rule_%d" % number])

    def handle(self, number):
        self.seen.append({"number": number, "words": [number + 1000, str(number)]})
        return self.width(number % 2)


grammars = [Grammar("first"), Grammar("second")]
print(sum(grammars[i % 2].handle(i) for i in range(n_texts)))
