"""The records of slots_mixed_bad.py with `__slots__`: nothing left to say.

args: 100 10000
expect: none
expect: class name=WithSlots built=10000 peak_live=10000
"""

import sys

from shared.records import attribute_names, fill, total

n_attributes, n_records = int(sys.argv[1]), int(sys.argv[2])
NAMES = attribute_names(n_attributes)


class WithSlots:
    __slots__ = tuple(NAMES)

    def __init__(self):
        fill(self, NAMES)


records = [WithSlots() for _ in range(n_records)]
print(len(records), total(records, "attr_0"))
