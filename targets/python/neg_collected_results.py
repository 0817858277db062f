"""Two long-lived grammars whose answers the program collects in a list: made under their methods, not kept in them.

The arguments: texts, rules of a grammar.

args: 3000 40
expect: finding kind=already-pooled verdict=info class=Grammar
expect: only
"""

import sys

n_texts, n_rules = (int(a) for a in sys.argv[1:3])


class Grammar:
    def __init__(self, name):
        self.name = name
        self.rules = {"rule_%d" % i: [name, i, "limit_%d" % i] for i in range(n_rules)}

    def parse(self, number):
        rule = self.rules["rule_%d" % (number % n_rules)]
        return {"number": number, "rule": rule, "words": [number + 1000, str(number)]}


def parse_all():
    grammars = [Grammar("first"), Grammar("second")]
    answers = []
    for i in range(n_texts):
        answers.append(grammars[i % 2].parse(i))
    return answers


print(sum(len(answer["words"]) for answer in parse_all()))
