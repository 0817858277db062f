"""The records of slots_json_bad.py with slots, written by the names of these.

args: 60000
expect: none
"""

import json
import sys


class Reading:
    __slots__ = ("sensor", "value", "unit")

    def __init__(self, number):
        self.sensor = number % 100
        self.value = number % 7
        self.unit = "V"

    def as_json(self):
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


readings = [Reading(i) for i in range(int(sys.argv[1]))]
print(sum(r.value for r in readings), readings[0].as_json())
