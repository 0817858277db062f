"""Orders that get an attribute after construction, some of them only: the tuple must name it, too.

args: 60000
expect: finding kind=slots class=Order evidence.attributes=4 evidence.pitfall_varies>=1 sketch~shipped_on
expect: only
"""

import sys


class Order:
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
