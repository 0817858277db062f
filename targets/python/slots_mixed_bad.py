"""Ten thousand records of a hundred small attributes each, in instances with a dictionary.

args: 100 10000
expect: finding kind=slots verdict=win class=NoSlots evidence.attributes=100
expect: finding kind=slots class=NoSlots evidence.after_bytes=832 sketch~attr_99
expect: only
expect: class name=NoSlots built=10000 peak_live=10000
"""

import sys

from shared.records import attribute_names, fill, total

n_attributes, n_records = int(sys.argv[1]), int(sys.argv[2])
NAMES = attribute_names(n_attributes)


class NoSlots:
    def __init__(self):
        fill(self, NAMES)


records = [NoSlots() for _ in range(n_records)]
print(len(records), total(records, "attr_0"))
