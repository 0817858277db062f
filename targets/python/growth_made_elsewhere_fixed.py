"""The same containers, bounded or emptied as they go, beside a table that is made once.

args: 6000
expect: none
"""

import collections
import sys


class Register:
    by_key = collections.OrderedDict()
    recent = collections.deque(maxlen=200)
    table = {"key %d" % i: ["value %d" % i, i * 1000] for i in range(2000)}

    @classmethod
    def note(cls, number):
        cls.by_key["%d/%d" % (number, number * 7)] = {"label": "entry %d" % number}
        if len(cls.by_key) > 200:
            cls.by_key.popitem(last=False)


class Entry:
    def __init__(self, number):
        self.number = number
        Register.recent.append(self)


total = 0
for i in range(int(sys.argv[1])):
    Register.note(i)
    Entry("entry-%d" % i)
    total += len(Register.table["key %d" % (i % 2000)])
print(total)
