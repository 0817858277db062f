"""Two long-lived grammars whose answers an lru_cache on their method keeps: what grows is the cache, not they.

The arguments: texts, rules of a grammar.  No instance lives on for the cache, so it is no such finding either.

args: 3000 40
expect: finding kind=already-pooled verdict=info class=Grammar
expect: only
"""

import functools
import sys

from shared.grammar import Rules

n_texts, n_rules = (int(a) for a in sys.argv[1:3])


class Grammar(Rules):
    @functools.lru_cache(maxsize=4096)
    def parse(self, number):
        return self.answer(number)

    def handle(self, number):
        return len(self.parse(number)["words"])


grammars = [Grammar("first", n_rules), Grammar("second", n_rules)]
print(sum(grammars[i % 2].handle(i) for i in range(n_texts)))
