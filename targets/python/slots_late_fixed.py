"""The orders of slots_late_bad.py: the late attribute has its slot.

args: 60000
expect: none
"""

import sys


class Order:
    __slots__ = ("number", "state", "total", "shipped_on")

    def __init__(self, number):
        self.number = number % 100
        self.state = "new"
        self.total = 3

    def ship(self, day):
        self.shipped_on = day


orders = [Order(i) for i in range(int(sys.argv[1]))]
for order in orders[::3]:
    order.ship(7)
print(sum(o.number for o in orders), sum(1 for o in orders if hasattr(o, "shipped_on")))
