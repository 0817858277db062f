"""The events of slots_varying_bad.py with the differing part as a pair in one slot.

args: 60000
expect: none
"""

import sys


class Event:
    __slots__ = ("number", "source", "level", "seen", "detail")

    def __init__(self, number):
        self.number = number % 100
        self.source = "bus"
        self.level = 1
        self.seen = False
        self.detail = number % 50


events = [Event(i) for i in range(int(sys.argv[1]))]
print(sum(e.number for e in events), sum(1 for e in events if e.detail == 7))
