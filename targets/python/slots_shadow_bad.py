"""Jobs with class-level defaults of the same name: a slot of that name is a ValueError at class creation.

args: 60000
expect: finding kind=slots class=Job evidence.pitfall_shadowed~retries advice~retries
expect: only
"""

import sys


class Job:
    retries = 3
    queue = "main"

    def __init__(self, number):
        self.number = number % 100
        self.done = False
        self.retries = number % 4


jobs = [Job(i) for i in range(int(sys.argv[1]))]
print(sum(j.number + j.retries for j in jobs), jobs[0].queue)
