"""Requests of one size and shape, one at a time: each is put together from its own line, in microseconds.

args: 2000
expect: none
expect: class name=Request built=2000 peak_live<=2
"""

import sys


class Request:
    def __init__(self, line):
        self.parts = line.split("/")
        self.query = {"key%d" % i: (line, i) for i in range(8)}
        self.headers = {name: name.upper() + line[:3] for name in ("host", "agent", "accept", "cookie", "lang")}
        self.cookies = [name + "=" + line[-2:] for name in ("a", "b", "c")]


total = 0
for i in range(int(sys.argv[1])):
    request = Request("/item/%05d/view" % i)
    total += len(request.parts) + len(request.query)
print(total)
