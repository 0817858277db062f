"""The events of slots_varying_bad.py with the differing part in a dictionary in one slot.

args: 60000
expect: none
"""

import sys


DETAILS = ["detail_%d" % i for i in range(50)]


class Event:
    __slots__ = (
        "number", "source", "level", "seen", "host", "port",
        "user", "group", "start", "end", "state", "retries", "extra",
    )

    def __init__(self, number):
        self.number = number % 100
        self.source = "bus"
        self.level = self.port = self.state = 1
        self.host = self.user = self.group = "local"
        self.seen = False
        self.start = self.end = self.retries = 0
        self.extra = {DETAILS[number % 50]: 1}


events = [Event(i) for i in range(int(sys.argv[1]))]
print(sum(e.number for e in events), sum(1 for e in events if "detail_7" in e.extra))
