"""A table of rules that takes a while to build and is asked many times; what remembers what differs by target."""


class Rules:
    def __init__(self, name, n_rules):
        self.name = name
        self.n_rules = n_rules
        self.rules = {"rule_%d" % i: [name, i, "limit_%d" % i] for i in range(n_rules)}

    def answer(self, number):
        rule = self.rules["rule_%d" % (number % self.n_rules)]
        return {"number": number, "rule": rule, "words": [number + 1000, str(number)]}
