"""Objects that are costly to build, but all of them are needed at the same time: a pool would save none.

args: 400
expect: no-finding kind=pool
expect: no-finding kind=retained-by-cache
"""

import sys


class Board:
    def __init__(self, seed):
        self.cells = {i: [seed, i % 9, str(seed * i)] for i in range(60)}

    def score(self):
        return sum(cell[1] for cell in self.cells.values())


boards = [Board(i) for i in range(int(sys.argv[1]))]
print(sum(b.score() for b in boards))
