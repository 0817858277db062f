"""Rows of a table with as many cells each, read one after the other: all of a row comes from its own values.

args: 2000
expect: none
expect: class name=Row built=2000 peak_live<=2
"""

import sys


class Row:
    def __init__(self, values):
        self.cells = [float(v) for v in values]
        self.names = ["c%03d" % i for i in range(len(values))]
        self.by_name = dict(zip(self.names, self.cells))


total = 0
for i in range(int(sys.argv[1])):
    row = Row([i + 1000, i * 2 + 1000, 7] * 8)
    total += row.by_name["c001"]
print(total)
