"""Objects that object to being compared, measured, hashed, shown or asked: nobody but the program may do that.

args: 3000
expect: none
expect: health notes=[] lost_events=0
"""

import sys


class Prickly:
    def _no(self, *args):
        raise RuntimeError("hands off")

    __eq__ = __bool__ = __len__ = __iter__ = __repr__ = __getattr__ = __sizeof__ = __contains__ = _no
    __hash__ = None


class Holder:
    known = [Prickly() for _ in range(200)]

    def __init__(self, number):
        self.number = number % 50
        self.items = [Prickly(), Prickly()]
        self.table = {"prickly": Prickly()}

    def describe(self):
        return self.number


holders = [Holder(i) for i in range(int(sys.argv[1]))]
callbacks = [holder.describe for holder in holders[:50]]
print(sum(callback() for callback in callbacks), len(holders))
