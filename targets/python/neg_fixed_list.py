"""Class attributes that are lists and dictionaries of fixed length, read by thousands of short-lived instances.

args: 20000
expect: none
"""

import sys


class Form:
    fields = ["name", "street", "city", "country"] * 50
    limits = {"name": 40, "street": 80, "city": 40, "country": 30}

    def __init__(self, values):
        self.values = values

    def check(self):
        return all(len(self.values) <= self.limits[f] for f in self.fields)


print(sum(Form("value %d" % (i % 3)).check() for i in range(int(sys.argv[1]))))
