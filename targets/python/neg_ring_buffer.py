"""A class-level deque with a bound that every instance appends to: it is full early and stays so.

args: 20000
expect: none
"""

import collections
import sys


class Sensor:
    recent = collections.deque(maxlen=100)

    def __init__(self, number):
        self.number = number

    def read(self, value):
        self.recent.append((self.number, value))
        return len(self.recent)


print(sum(Sensor(i % 5).read(i * 3) for i in range(int(sys.argv[1]))))
