"""A slotted class on a base without `__slots__`: every instance still has a dictionary.

Its attributes are in slots, the dictionary comes on top; and one attribute that is not a slot lands in it.

args: 60000
expect: finding kind=slots-ineffective class=Sample evidence.base~Measurement advice~Measurement
expect: no-finding kind=slots
expect: only
"""

import sys


class Measurement:
    unit = "m"


class Sample(Measurement):
    __slots__ = ("time", "value", "error")

    def __init__(self, number):
        self.time = number % 100
        self.value = number % 7
        self.error = 0
        self.source = "probe"


samples = [Sample(i) for i in range(int(sys.argv[1]))]
print(sum(s.time + s.value for s in samples), samples[0].unit)
