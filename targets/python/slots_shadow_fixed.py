"""The jobs of slots_shadow_bad.py: the default moved into the constructor.

args: 60000
expect: none
"""

import sys


class Job:
    __slots__ = ("number", "done", "retries")
    queue = "main"

    def __init__(self, number, retries=3):
        self.number = number % 100
        self.done = False
        self.retries = number % 4 if number else retries - 3


jobs = [Job(i) for i in range(int(sys.argv[1]))]
print(sum(j.number + j.retries for j in jobs), jobs[0].queue)
