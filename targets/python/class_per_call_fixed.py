"""The elements of class_per_call_bad.py with one class, whose instances carry the name.

args: 3000
expect: none
"""

import sys


class Unknown:
    __slots__ = ("name", "text")

    def __init__(self, name, text):
        self.name = name
        self.text = text


parsed = [Unknown("tag%d" % (i % 7), "text") for i in range(int(sys.argv[1]))]
print(len(parsed), len({p.name for p in parsed}))
