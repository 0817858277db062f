"""Classes that are made at run time: by make_dataclass(), by types.new_class(), by exec() without a module name.

Such a class says that it is the standard library's own; its instances belong to the program.

args: 60000
expect: finding kind=slots class=Trade evidence.attributes=3
expect: finding kind=slots class=Quote evidence.attributes=3
expect: finding kind=slots class=Order evidence.attributes=3
expect: only
"""

import dataclasses
import sys
import types

Trade = dataclasses.make_dataclass("Trade", [("key", int), ("price", int), ("venue", str)])


def quote_init(self, key, bid, ask):
    self.key = key
    self.bid = bid
    self.ask = ask


Quote = types.new_class("Quote", (), {}, lambda namespace: namespace.update(__init__=quote_init))

namespace = {}
exec("""
class Order:
    def __init__(self, key, price, count):
        self.key = key
        self.price = price
        self.count = count
""", namespace)
Order = namespace["Order"]

n = int(sys.argv[1])
rows = [[cls(i % 100, i % 9, "x") for i in range(n)] for cls in (Trade, Quote, Order)]
print(sum(row.key for kind in rows for row in kind))
