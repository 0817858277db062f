"""Events that carry one extra attribute out of fifty names: slots for all of them are the wrong answer.

The advice must not be a tuple of all names: the differing ones belong into one dictionary attribute,
or the class is left alone.

args: 60000
expect: no-finding kind=slots verdict=win
expect: finding kind=slots class=Event verdict=minor evidence.pitfall_varies>=50 advice~leave
expect: only
"""

import sys


class Event:
    def __init__(self, number):
        self.number = number % 100
        self.source = "bus"
        self.level = self.port = self.state = 1
        self.host = self.user = self.group = "local"
        self.seen = False
        self.start = self.end = self.retries = 0
        setattr(self, "detail_%d" % (number % 50), 1)


events = [Event(i) for i in range(int(sys.argv[1]))]
print(sum(e.number for e in events), sum(1 for e in events if hasattr(e, "detail_7")))
