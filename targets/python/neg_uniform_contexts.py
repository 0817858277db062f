"""A context for each request, with the user's rights and a log: 150 allocations, always the same, and nothing else.

args: 2000
expect: none
expect: class name=Context built=2000 peak_live<=2
"""

import sys


class Context:
    def __init__(self, user):
        self.user = user
        self.rights = {"right_%02d" % i: user % (i + 2) == 0 for i in range(30)}
        self.log = ["user %06d" % user]
        self.marks = [[user, i] for i in range(20)]


total = 0
for i in range(int(sys.argv[1])):
    context = Context(100000 + i)
    total += sum(context.rights.values())
print(total)
