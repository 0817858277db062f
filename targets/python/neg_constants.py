"""Tables of constants at module level, made once at the start and only read after that.

args: 200000
expect: none
"""

import sys

SQUARES = {i: i * i for i in range(2000)}
NAMES = ["name %d" % i for i in range(2000)]
CODES = {name: (i, name.upper()) for i, name in enumerate(NAMES)}
total = 0
for i in range(int(sys.argv[1])):
    total += SQUARES[i % 2000] + CODES[NAMES[i % 2000]][0]
print(total)
