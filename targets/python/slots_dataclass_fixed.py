"""The dataclass of slots_dataclass_bad.py with slots: by option from 3.10 on, by hand before.

args: 60000
expect: none
"""

import sys
from dataclasses import dataclass

if sys.version_info >= (3, 10):

    @dataclass(slots=True)
    class Trade:
        price: int
        amount: int
        side: str = "buy"
        venue: str = "here"

else:

    @dataclass(init=False)
    class Trade:
        __slots__ = ("price", "amount", "side", "venue")
        price: int
        amount: int
        side: str
        venue: str

        def __init__(self, price, amount, side="buy", venue="here"):
            self.price = price
            self.amount = amount
            self.side = side
            self.venue = venue


trades = [Trade(i % 100, i % 7) for i in range(int(sys.argv[1]))]
print(sum(t.price * t.amount for t in trades), trades[0].side)
