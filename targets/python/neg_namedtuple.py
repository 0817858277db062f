"""A hundred thousand named tuples: compact already, there is no dictionary to save.

args: 100000
expect: none
"""

import collections
import sys

Row = collections.namedtuple("Row", "key value flag")
rows = [Row(i % 100, i % 7, True) for i in range(int(sys.argv[1]))]
print(sum(r.key * r.value for r in rows))
