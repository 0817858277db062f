"""A table of bound methods of the application object, which holds much and lives in a module variable anyway.

args: 5
expect: none
"""

import sys


class Application:
    def __init__(self, mib):
        self.store = bytearray(mib << 20)

    def size(self):
        return len(self.store)

    def first(self):
        return self.store[0]


app = Application(int(sys.argv[1]))
HANDLERS = {"size": app.size, "first": app.first}
print(HANDLERS["size"]() >> 20, HANDLERS["first"]())
