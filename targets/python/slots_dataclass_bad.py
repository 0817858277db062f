"""A dataclass with defaults: its defaults are class attributes, so that only `slots=True` can make the slots.

args: 60000
expect: finding kind=slots class=Trade evidence.pitfall_dataclass~. advice~dataclass
expect: only
"""

import sys
from dataclasses import dataclass


@dataclass
class Trade:
    price: int
    amount: int
    side: str = "buy"
    venue: str = "here"


trades = [Trade(i % 100, i % 7) for i in range(int(sys.argv[1]))]
print(sum(t.price * t.amount for t in trades), trades[0].side)
