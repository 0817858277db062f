"""Records whose validating descriptors keep each value in the instance's dictionary, under their own names.

`__slots__` with these names makes the class statement raise ValueError.

args: 60000
expect: none
"""

import sys


class Checked:
    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        return self if instance is None else instance.__dict__[self.name]

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(self.name)
        instance.__dict__[self.name] = value


class Holding:
    symbol = Checked(str)
    count = Checked(int)

    def __init__(self, symbol, count):
        self.symbol = symbol
        self.count = count


held = [Holding("ABC", i % 100) for i in range(int(sys.argv[1]))]
print(sum(h.count for h in held))
