"""Records that each have the fields of their line: hardly a name is on all of them, so the dictionary is what they are.

args: 30000
expect: none
"""

import sys


class Record:
    def __init__(self, fields):
        self.__dict__.update(fields)


def fields(number):
    out = {"id": number}
    for k in range(5):
        out["field%d" % (number * (k + 3) % 331)] = number
    return out


records = [Record(fields(i)) for i in range(int(sys.argv[1]))]
print(sum(1 for r in records if hasattr(r, "field7")))
