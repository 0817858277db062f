"""Records that are written as JSON through their dictionary, which slotted ones do not have.

args: 60000
expect: finding kind=slots class=Reading evidence.pitfall_dict_named~as_json advice~getattr
expect: only
"""

import json
import sys


class Reading:
    def __init__(self, number):
        self.sensor = number % 100
        self.value = number % 7
        self.unit = "V"

    def as_json(self):
        return json.dumps(self.__dict__)


readings = [Reading(i) for i in range(int(sys.argv[1]))]
print(sum(r.value for r in readings), readings[0].as_json())
