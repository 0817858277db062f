"""Two long-lived grammars whose answers the program collects in a list: made under their methods, not kept in them.

The arguments: texts, rules of a grammar.

args: 3000 40
expect: finding kind=already-pooled verdict=info class=Grammar
expect: only
"""

import sys

from shared.grammar import Rules

n_texts, n_rules = (int(a) for a in sys.argv[1:3])


class Grammar(Rules):
    def parse(self, number):
        return self.answer(number)


def parse_all():
    grammars = [Grammar("first", n_rules), Grammar("second", n_rules)]
    answers = []
    for i in range(n_texts):
        answers.append(grammars[i % 2].parse(i))
    return answers


print(sum(len(answer["words"]) for answer in parse_all()))
