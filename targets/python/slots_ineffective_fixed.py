"""The class of slots_ineffective_bad.py with its base mended and its fourth attribute named.

args: 60000
expect: none
"""

import sys


class Measurement:
    __slots__ = ()
    unit = "m"


class Sample(Measurement):
    __slots__ = ("time", "value", "error", "source")

    def __init__(self, number):
        self.time = number % 100
        self.value = number % 7
        self.error = 0
        self.source = "probe"


samples = [Sample(i) for i in range(int(sys.argv[1]))]
print(sum(s.time + s.value for s in samples), samples[0].unit)
